#!/bin/busybox sh
# The first process of the virtual machine: prepares it as a systemd machine is found, runs the guest's tests and says
# how they ended. Its own errors go to the first serial port with the kernel's; what the tests say, to the second.
set -eu

busybox mkdir -p /proc /sys /dev /tmp
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs dev /dev
busybox mount -t tmpfs tmp /tmp
busybox mount -t cgroup2 cgroup2 /sys/fs/cgroup
busybox dmesg -n 3 # or the kernel reports at length every process that it kills
busybox ip link set lo up
busybox hostname guest
busybox mkswap /dev/nvme1n1
busybox swapon /dev/nvme1n1

{
	if PODOMETER_GUEST=1 /guest.test -test.v -test.timeout=8m; then
		echo "guest: PASS"
	else
		echo "guest: FAIL"
	fi
} >/dev/ttyS1 2>&1
busybox poweroff -f
