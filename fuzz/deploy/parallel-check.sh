#!/usr/bin/env bash
# The short form of parallel.sh: a small search in 4 parts, joined; then one part is taken for
# one that died and the same command run again, which runs that part alone. Both times the
# joined report has to be that of one process, byte by byte.
#
#	fuzz/deploy/parallel-check.sh
set -euo pipefail
cd "$(dirname "$0")"
command -v parallel >/dev/null || { echo "parallel-check: no GNU parallel" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
small=(-seed 2 -claims eq15,eq36 -cases 1200 -climb 5 -runs=false -allow-small)
./parallel.sh "$work" 4 "${small[@]}"
"$work/verify" "${small[@]}" -json "$work/one.json" >/dev/null
cmp "$work/merged.json" "$work/one.json"

# Exit code 1 of job 2 in the log of GNU parallel.
awk -F '\t' -v OFS='\t' '$1 == 2 { $7 = 1 } { print }' "$work/joblog" >"$work/joblog.new"
mv "$work/joblog.new" "$work/joblog"
rm "$work"/shard-2.json "$work/merged.json"
touch "$work/before"
./parallel.sh "$work" 4 "${small[@]}"
cmp "$work/merged.json" "$work/one.json"
again=$(find "$work" -name 'shard-*.json' -newer "$work/before" | wc -l)
[ "$again" = 1 ] || { echo "parallel-check: $again parts were run again, want 1" >&2; exit 1; }
echo "parallel-check: the report of 4 parts is that of one process, and one part was run again"
