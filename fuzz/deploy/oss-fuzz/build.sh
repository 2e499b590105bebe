#!/bin/bash -eu
# Builds a libFuzzer binary and a seed corpus for each target into $OUT, as OSS-Fuzz calls
# it, or by hand:
#
#	OUT=/tmp/out CC=clang fuzz/deploy/oss-fuzz/build.sh [Target ...]
#
# The Go archive, instrumented for libFuzzer by the compiler itself, is built once.
cd "$(dirname "$0")"
: "${OUT:?the folder for the binaries}" "${CC:=clang}" "${CFLAGS:=}" "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$OUT"

go build -tags libfuzzer -buildmode=c-archive -trimpath -gcflags=all=-d=libfuzzer -o "$work/cascade.a" .

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
	mapfile -t targets < <(sed -n 's|^//export ||p' main.go)
fi
# Seeds that are no files of a corpus: certificates, a report, requests, records.
(cd ../.. && go test -count=1 -run '^TestWriteSeeds$' . -args -seeds "$work/seeds")
for target in "${targets[@]}"; do
	printf '#include <stddef.h>\n#include <stdint.h>\nint %s(const uint8_t *, size_t);\n' "$target" >"$work/entry.c"
	printf 'int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) { return %s(d, n); }\n' "$target" >>"$work/entry.c"
	$CC $CFLAGS -c "$work/entry.c" -o "$work/entry.o"
	$CC $CFLAGS $LIB_FUZZING_ENGINE "$work/entry.o" "$work/cascade.a" -lpthread -o "$OUT/$target"
	corpus=../../testdata/fuzz/$target
	[ -d "$corpus" ] || continue
	# Files of go test are one quoted list of bytes; libFuzzer wants the bytes.
	go run ./seeds "$corpus" "$work/$target"
	[ ! -d "$work/seeds/$target" ] || cp -R "$work/seeds/$target/." "$work/$target/"
	(cd "$work/$target" && zip -q -r "$OUT/${target}_seed_corpus.zip" .) || echo "no zip: no seeds for $target"
done
