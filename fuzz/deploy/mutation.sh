#!/usr/bin/env bash
# Mutation testing of one package with gremlins, and a ratchet: more mutants that no test
# kills than on record in mutation.ratchet fail, fewer ask for a lower number there.
#
#	fuzz/deploy/mutation.sh props/claim
#	fuzz/deploy/mutation.sh -measured      packages on record, as a JSON list
#	fuzz/deploy/mutation.sh -unmeasured    those that nobody has measured, one a line
#
# A mutant that lives and one that no test runs count alike, so that a test that is removed
# is seen. One whose tests take ten times their time, and a minute, is killed; more of those
# than on record fail as well, since a machine that is slow enough would kill all of them. A
# package that is not on record is measured and fails with the line to add.
set -euo pipefail
cd "$(dirname "$0")/../.."
# These may name others, for the tests.
: "${RATCHET:=fuzz/deploy/mutation.ratchet}" "${GREMLINS:=go run github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0}"
[ $# -eq 1 ] || { echo "usage: $0 PACKAGE | -measured | -unmeasured" >&2; exit 2; }
case $1 in
-measured)
	list=$(awk '$1 !~ /^#/ && NF == 3 { printf "%s\"%s\"", n++ ? "," : "", $1 }' "$RATCHET")
	[ -n "$list" ] || { echo "mutation: no package is on record" >&2; exit 1; }
	echo "[$list]"
	exit
	;;
-unmeasured)
	awk '$1 !~ /^#/ && $2 == "-" { print $1 }' "$RATCHET"
	exit
	;;
-*)
	echo "mutation: no flag $1" >&2
	exit 2
	;;
esac

out=$(mktemp)
trap 'rm -f "$out"' EXIT
# What is too long is a multiple of the time that the tests take: they are built before and not
# taken from the cache, or that time is a build's or none. A mutant has to be built in it too,
# whence the minute. Packages below this one are left out.
GOFLAGS="$(go env GOFLAGS) -count=1"
export GOFLAGS
go test -cover -run '^$' "./$1/..." >/dev/null
start=$(date +%s%N)
go test -cover "./$1/..." >/dev/null
times=$((60000000000 / ($(date +%s%N) - start) + 1))
[ $times -gt 10 ] || times=10
$GREMLINS unleash --timeout-coefficient $times --exclude-files / --output "$out" "./$1"
count() { { grep -oE "\"status\":\"($1)\"" "$out" || true; } | wc -l; }
killed=$(count 'KILLED') slow=$(count 'TIMED OUT') live=$(count 'LIVED|NOT COVERED')
total=$((killed + slow + live))
if [ "$killed" -eq 0 ]; then
	echo "mutation: $1: no mutant was killed, of $total: nothing was tested" >&2
	exit 1
fi
said="$1: of $total mutants no test kills $live; the tests of $slow took too long"
read -r most slowest < <(awk -v p="$1" '$1 == p { print $2, $3 }' "$RATCHET") || true
if [ -z "${most:-}" ] || [ "$most" = - ]; then
	echo "mutation: $said; NOT ON RECORD: add the line '$1 $live $slow' to mutation.ratchet" >&2
	exit 1
fi
status=0
if [ "$live" -gt "$most" ]; then
	echo "mutation: $said; on record are $most that no test kills" >&2
	status=1
fi
if [ "$slow" -gt "$slowest" ]; then
	echo "mutation: $said; on record are $slowest: a test hangs, or the machine is too slow" >&2
	status=1
fi
[ $status = 0 ] || exit $status
if [ "$live" -lt "$most" ]; then
	echo "mutation: $said; on record are $most: lower it"
else
	echo "mutation: $said; as on record"
fi
