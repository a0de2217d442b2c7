#!/bin/sh
# Runs podometer on this machine: scripts/run.sh BINARY [FLAG ...]
#
# Where there is neither systemd nor a container runtime, nothing on the machine has a cgroup of its own to measure.
# As root, podometer is given one there, so that it shows at least itself.
set -eu
bin=$1
shift
root=/sys/fs/cgroup
made=""

# join CONTROLLER-DIRECTORY: moves this shell, and so podometer, into a cgroup named podometer
join() {
	mkdir "$1/podometer" 2>/dev/null || [ -d "$1/podometer" ] || return 0
	made="$made $1/podometer"
	echo $$ >"$1/podometer/cgroup.procs"
}

leave() {
	for dir in $made; do
		echo $$ >"$(dirname "$dir")/cgroup.procs" && rmdir "$dir"
	done 2>/dev/null || true
}

if [ "$(id -u)" = 0 ] && [ ! -d /run/systemd/system ] && [ -w $root ]; then
	if [ -f $root/cgroup.controllers ]; then
		echo "+cpu +memory +pids" >$root/cgroup.subtree_control 2>/dev/null || true
		join $root 2>/dev/null || true
	else
		for controller in cpu cpuacct memory pids; do
			[ -d $root/$controller ] && join $root/$controller 2>/dev/null || true
		done
	fi
fi

case " $* " in
*web.listen-address*) ;;
*) echo "open http://localhost:9762/ (metrics: curl localhost:9762/metrics); Ctrl-C stops" ;;
esac
"$bin" "$@" &
pid=$!
stopped=""
trap 'stopped=1' INT # from the keyboard, podometer gets it too
trap 'stopped=1; kill -TERM $pid 2>/dev/null' TERM
code=0
wait $pid || code=$?
if [ -n "$stopped" ]; then # the signal ended the wait, not podometer
	code=0
	wait $pid || code=$?
fi
leave
exit $code
