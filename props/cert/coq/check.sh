#!/usr/bin/env bash
# Compiles the library and the exports of all certificates with coqc, and has coqchk check
# the compiled files again, each without what it rests on in Coq's own library. Needs Coq
# 8.16 (Debian: apt-get install coq) and, unless a verify is named, Go.
#
#	props/cert/coq/check.sh [VERIFY]
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
verify=${1:-}
if [ -z "$verify" ]; then
	verify=$work/verify
	go build -o "$verify" ./props/verify
fi
mkdir "$work/library" "$work/certificates"
cp props/cert/coq/*.v "$work/library"
closed='Closed under the global context'

# compile FILE FLAGS... says how it was compiled; anything but a closed theorem is a failure.
compile() {
	local file=$1 said
	shift
	said=$(coqc "$@" "$file")
	if [ "$said" != "$closed" ] && ! [[ $file == */Cascade.v && -z $said ]]; then
		echo "$file: $said" >&2
		return 1
	fi
	echo "$(basename "$file"): ${said:-definitions}"
}

library=(-Q "$work/library" Cascade)
here=("${library[@]}" -Q "$work/certificates" Certificates)
compile "$work/library/Cascade.v" "${library[@]}"
compile "$work/library/Kernel.v" "${library[@]}"
compile "$work/library/Runs.v" "${library[@]}"
compile "$work/library/Memories.v" "${library[@]}"
compile "$work/library/Saved.v" "${library[@]}"
names=()
exported=0
for certificate in testdata/certificates/*.json; do
	name=$(basename "$certificate" .json | tr - _)
	file=$work/certificates/$name.v
	if ! "$verify" export -to coq "$certificate" -o "$file" 2>"$work/why"; then
		cat "$work/why"
		continue
	fi
	compile "$file" "${here[@]}"
	exported=$((exported + 1))
	case $name in
	thm4_*) ;; # 2048 steps: coqchk has no virtual machine and takes minutes for each
	*) names+=(-norec "Certificates.$name") ;;
	esac
done
least=20
if [ "$exported" -lt "$least" ]; then
	echo "$exported certificates are exported, want $least or more" >&2
	exit 1
fi
coqchk -silent "${here[@]}" -norec Cascade.Cascade -norec Cascade.Kernel -norec Cascade.Runs -norec Cascade.Memories -norec Cascade.Saved "${names[@]}"
echo "coqc accepts the library and $exported certificates, coqchk the library and $((${#names[@]} / 2)) of them"
