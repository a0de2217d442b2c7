// Package local measures the machine it runs on: containers and services from the cgroup hierarchies (v1, v2 and the
// two mixed), the machine itself from /proc, names from the sockets of Docker and Podman.
//
// Reading and parsing are two functions: a parser takes bytes and is fuzzed. Both roots are settings, so a tree of
// plain files is a fake kernel for the tests and a mounted /sys or /proc is another machine for a container.
package local
