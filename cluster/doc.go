// Package cluster holds what podometer knows: plain records in base units, the tables that keep them, and the
// snapshot that collectors read. Sources write records, collectors read them, and nobody changes one after it is
// stored: a newer picture is a new record. The package imports the standard library only.
package cluster
