#!/usr/bin/env bash
# Mutation testing of one package with gremlins, and a ratchet: more mutants that live than
# on record in mutation.ratchet fail, fewer ask for a lower number there. A package that is
# not on record fails too, after it was measured, with the line to add.
#
#	fuzz/deploy/mutation.sh props/claim
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] || { echo "usage: $0 PACKAGE" >&2; exit 2; }
GREMLINS=github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
go run "$GREMLINS" unleash --output "$out" "./$1"
live=$(grep -o '"mutants_lived":[0-9]*' "$out" | grep -o '[0-9]*$')
total=$(grep -o '"mutants_total":[0-9]*' "$out" | grep -o '[0-9]*$')
if [ -z "$live" ] || [ "${total:-0}" -eq 0 ]; then
	echo "mutation: $1: nothing was mutated" >&2
	exit 1
fi
most=$(awk -v p="$1" '$1 == p { print $2 }' fuzz/deploy/mutation.ratchet)
if [ -z "$most" ]; then
	echo "mutation: $1: $live of $total mutants live; NOT ON RECORD: add the line '$1 $live' to mutation.ratchet" >&2
	exit 1
elif [ "$live" -gt "$most" ]; then
	echo "mutation: $1: $live of $total mutants live, on record are $most" >&2
	exit 1
elif [ "$live" -lt "$most" ]; then
	echo "mutation: $1: $live of $total mutants live, on record are $most: lower it"
else
	echo "mutation: $1: $live of $total mutants live, as on record"
fi
