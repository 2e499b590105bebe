#!/usr/bin/env bash
# Fuzzes every target of this package for a short time, 10 s each unless told otherwise,
# and fails unless each executed new inputs: gathering the coverage of its corpus alone
# can take all the time and then looks like success. A binary that is not instrumented fails
# as well: Go's fuzzer then warns, and goes on without coverage.
#
#	fuzz/smoke.sh [-time 20s] [-new 100] [Target ...]
#
# The instrumented binary is built once. New inputs of a run are left in a temporary
# directory; one that fails is written to fuzz/testdata/fuzz/Target as usual.
set -euo pipefail
cd "$(dirname "$0")"

# new_executions reads the output of a fuzzing run and prints how many inputs it executed
# beyond those of its corpus; nothing when the output does not say.
new_executions() {
	awk '
		/starting with empty corpus/ { corpus = 0; done = 1 }
		/gathering baseline coverage: [0-9]+\/[0-9]+ completed/ {
			match($0, /[0-9]+\/[0-9]+ completed/)
			split(substr($0, RSTART, RLENGTH), n, "[/ ]")
			corpus = n[2] + 0; done = (n[1] == n[2])
		}
		match($0, /execs: [0-9]+/) { execs = substr($0, RSTART + 7, RLENGTH - 7) + 0; said = 1 }
		END { if (corpus != "") { if (!done || !said || execs < corpus) print 0; else print execs - corpus } }
	' "$1"
}

# only_late tells whether all that failed in a run is that its time ran out: where that
# happens while a worker is asked something, Go's fuzzer calls it a failure of the target,
# "context deadline exceeded", without an input.
only_late() {
	grep -qE '^ +context deadline exceeded$' "$1" &&
		[ "$(sed -n '/^--- FAIL/,$p' "$1" | grep -vcE '^(--- FAIL: .*|FAIL|exit status 1| +context deadline exceeded|)$')" = 0 ]
}

# blind tells whether a run had no coverage to go by.
blind() { grep -q 'not built with coverage instrumentation' "$1"; }

time=10s
least=100 # executions beyond the corpus
while [ $# -gt 0 ]; do
	case $1 in
	-time) time=$2; shift 2 ;;
	-new) least=$2; shift 2 ;;
	-count) new_executions "$2"; exit ;; # of a log, for the tests
	-late) only_late "$2"; exit ;;
	-blind) blind "$2"; exit ;;
	-*) echo "smoke: no flag $1" >&2; exit 2 ;;
	*) break ;;
	esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
	mapfile -t targets < <(grep -hoE '^func Fuzz[A-Za-z]+\(f \*testing\.F\)' ./*_test.go | sed -E 's/func (Fuzz[A-Za-z]+).*/\1/' | sort)
fi
if [ ${#targets[@]} -eq 0 ]; then
	echo "smoke: no fuzz target in $PWD" >&2
	exit 1
fi

bash build.sh "$work/fuzz.test"
failed=0
for target in "${targets[@]}"; do
	log=$work/$target.log
	# Inputs are not minimised: those of the decoders are too long for it, and each minimised
	# one is a message of the whole coverage, which takes as long as ten executions.
	if ! "$work/fuzz.test" -test.run "^\$" -test.fuzz "^$target\$" -test.fuzztime "$time" \
		-test.fuzzminimizetime 0x -test.fuzzcachedir "$work/cache" >"$log" 2>&1 && ! only_late "$log"; then
		cat "$log"
		echo "smoke: $target failed"
		failed=1
		continue
	fi
	if blind "$log"; then
		echo "smoke: $target: the binary is not instrumented"
		failed=1
		continue
	fi
	new=$(new_executions "$log")
	if [ -z "$new" ] || [ "$new" -lt "$least" ]; then
		tail -5 "$log"
		echo "smoke: $target executed ${new:-no} new inputs in $time, want $least"
		failed=1
		continue
	fi
	echo "smoke: $target: $new new inputs; $(grep -oE 'new interesting: [0-9]+' "$log" | tail -1)"
done
exit $failed
