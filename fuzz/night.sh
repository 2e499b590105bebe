#!/usr/bin/env bash
# Fuzzes one target for long with a binary that is there already, and fails with what it
# found and the line that replays it; also when a process takes more than 1 GiB, nothing
# new was executed, or the binary is not instrumented.
#
#	fuzz/build.sh fuzz.test
#	fuzz/night.sh fuzz.test FuzzHorizon 1h
#
# What fails is left in fuzz/testdata/fuzz/Target; what else it keeps, in a temporary folder.
set -euo pipefail
if [ $# -ne 3 ]; then
	echo "usage: fuzz/night.sh BINARY TARGET TIME" >&2
	exit 2
fi
binary=$(realpath "$1")
target=$2
time=$3
most=1048576 # KiB of a process
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# "$measure" is empty where there is no GNU time: then memory is not looked at.
measure=()
if [ -x /usr/bin/time ] && /usr/bin/time -q -f %M true 2>/dev/null; then
	measure=(/usr/bin/time -q -f "most memory of a process: %M KiB" -o "$work/memory")
fi
status=0
# Inputs are not minimised: what a claim fails on is made small by the target itself, and the
# minimising of what is merely new takes more time than the fuzzing.
"${measure[@]}" "$binary" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$time" \
	-test.fuzzminimizetime 0x -test.fuzzcachedir "$work/cache" >"$work/log" 2>&1 || status=$?
tail -n 60 "$work/log"
[ ! -f "$work/memory" ] || cat "$work/memory"
if [ $status -ne 0 ] && ! bash smoke.sh -late "$work/log"; then
	# Go names the file; those of claims say how to replay the case alone as well.
	input=$(sed -nE 's/.*(Failing input written to testdata\/fuzz\/|failure while testing seed corpus entry: )//p' \
		"$work/log" | head -n 1)
	echo "night: $target failed; replay: go test ./fuzz -run '${input:-$target}'"
	if [ -n "$input" ] && [ -f "testdata/fuzz/$input" ]; then
		echo "night: with this file as fuzz/testdata/fuzz/$input:"
		cat "testdata/fuzz/$input"
	fi
	exit 1
fi
if bash smoke.sh -blind "$work/log"; then
	echo "night: $binary is not instrumented: build it with fuzz/build.sh"
	exit 1
fi
new=$(bash smoke.sh -count "$work/log")
if [ "${new:-0}" -lt 1 ]; then
	echo "night: $target executed no new input"
	exit 1
fi
if [ -f "$work/memory" ] && [ "$(grep -oE '[0-9]+' "$work/memory" | tail -n 1)" -gt $most ]; then
	echo "night: $target took more than $most KiB"
	exit 1
fi
echo "night: $target: $new new inputs in $time, none failed"
