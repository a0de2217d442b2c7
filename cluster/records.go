package cluster

import "time"

// Identity says which container a record is about, in the words of the labels on its series.
// What does not apply is empty: a container outside Kubernetes has no Pod.
type Identity struct {
	Namespace    string
	Pod          string
	Container    string
	Node         string
	Workload     string
	WorkloadType string
}

// Usage is what one running container used, as one sample of one source saw it. Counters count from the start of
// this container instance and begin again with the next one.
type Usage struct {
	Identity
	// ID is the container's full id where its runtime gave it one, else empty. It is the key to join a container
	// seen by the kernel with the same container seen by the API server, and never becomes a label.
	ID string
	// Sampled is when the numbers were read.
	Sampled time.Time
	// Started is when this instance began to run; the zero time means unknown.
	Started time.Time
	// RunningSeconds is the running time of this instance and of its finished predecessors of the same Identity
	// that the source has seen.
	RunningSeconds Value
	// Processes is the number of processes (not threads) in the container.
	Processes Value
	CPU       CPUUsage
	Memory    MemoryUsage
	Pressure  Pressure
}

// CPUUsage is CPU time in seconds and CPU in cores.
type CPUUsage struct {
	UsageSeconds     Value
	UserSeconds      Value
	SystemSeconds    Value
	UsageCores       Value // mean over the window between this sample and the one before
	Periods          Value // CFS enforcement periods that have passed
	ThrottledPeriods Value
	ThrottledSeconds Value
	LimitCores       Value
}

// MemoryUsage is memory in bytes, and two counters of events.
type MemoryUsage struct {
	Usage      Value // everything charged, reclaimable cache included
	WorkingSet Value // max(0, usage - inactive file)
	Anon       Value
	File       Value
	Swap       Value
	Limit      Value
	OOMKills   Value // processes killed for want of memory
	LimitHits  Value // times the usage ran into the limit
}

// Pressure is the kernel's pressure stall information for the three resources.
type Pressure struct {
	CPU, Memory, IO Stall
}

// Stall is time lost for want of one resource, in seconds since the start. Waiting (the kernel's "some") is time in
// which at least one task waited, Stalled ("full") is time in which all of them did.
type Stall struct {
	Waiting, Stalled Value
}

// Node is a machine and what it has.
type Node struct {
	Name string
	// Pool is the group of like machines this one belongs to.
	Pool                string
	Booted              time.Time // zero: unknown
	CapacityCPUCores    Value
	CapacityMemoryBytes Value
}

// NodeUsage is what a whole machine used, the kernel and everything outside containers included.
type NodeUsage struct {
	Name, Pool       string
	Sampled          time.Time
	CPUSeconds       Value // CPU time that was not idle, waiting for I/O or stolen
	CPUCores         Value // mean over the window between this sample and the one before
	WorkingSetMemory Value // total - free - inactive file, in bytes
	Pressure         Pressure
}
