#!/usr/bin/env bash
# Builds the binary that fuzzes: instrumented are this module and what unpacks the data of its
# decoders, nothing else. The -fuzz flag of go test instruments the whole binary, also what
# Go's fuzzer reads its own messages with, which are as long as there is code: three times
# fewer executions (deploy/MEASURED.md).
#
#	fuzz/build.sh fuzz.test
#	fuzz/night.sh fuzz.test FuzzHorizon 1h
#
# verify campaign builds the same (props/verify, TestInstrumented holds the two together).
set -euo pipefail
if [ $# -ne 1 ]; then
	echo "usage: fuzz/build.sh FILE" >&2
	exit 2
fi
mkdir -p "$(dirname "$1")"
out=$(realpath "$1")
cd "$(dirname "$0")"
instrument=()
for packages in "$(go list -m)/..." compress/... archive/zip; do
	instrument+=("-gcflags=$packages=-d=libfuzzer")
done
go test -c "${instrument[@]}" -o "$out" .
