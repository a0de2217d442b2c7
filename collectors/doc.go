// Package collectors holds podometer's metric families as data: a name, a help text, labels and a pure function from a
// snapshot to samples. Nothing here does I/O, looks at a clock, logs or fails. Flags, documentation, goldens,
// dashboards and alerts all range over All.
package collectors
