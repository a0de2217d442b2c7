// Package guest is the test that runs inside the virtual machine of package vm: it sets up containers and services as
// Docker, containerd and systemd do, puts real loads into them, and compares what podometer publishes with what the
// kernel says in the same machine.
package guest
