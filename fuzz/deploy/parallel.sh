#!/usr/bin/env bash
# Runs a search in n parts with GNU parallel on this machine and joins them. Killed and
# started again with the same folder it runs only what is not done.
#
#	fuzz/deploy/parallel.sh DIR N [flags of verify]
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 DIR N [flags of verify]" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd) n=$2
shift 2
cd "$(dirname "$0")/../.."
go build -o "$dir/verify" ./props/verify
parallel --joblog "$dir/joblog" --resume-failed --halt never \
	"$dir/verify" "$@" -shard "{}/$n" -json "$dir/shard-{}.json" '>' "$dir/shard-{}.log" '2>&1' ::: $(seq "$n") || true
"$dir/verify" merge "$dir"/shard-*.json >"$dir/merged.part"
mv "$dir/merged.part" "$dir/merged.json"
