#!/usr/bin/env bash
# Runs the steps of Containerfile without a container engine: each COPY and RUN of its first
# stage in a temporary folder, from the files that git has, with the Go that is here; then the
# files of its second stage alone in a folder. As root the command is run with that folder as
# its whole file system, as the user that the file names, which shows that it needs nothing
# else. A step that this script does not know is an error.
#
#	fuzz/deploy/container.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
context=$work/context build=$work/build image=$work/image
mkdir -p "$context" "$build" "$image"
git ls-files -z | tar -c --null -T - | tar -x -C "$context"

stage=0 dir=/ user='' entry=''
while read -r step arguments; do
	case $step in
	'' | '#'*) continue ;;
	FROM) stage=$((stage + 1)) dir=/ ;;
	WORKDIR)
		dir=$arguments
		if [ $stage = 1 ]; then mkdir -p "$build$dir"; else mkdir -p "$image$dir"; fi
		;;
	COPY)
		read -ra words <<<"$arguments"
		if [ "${words[0]}" = --from=build ]; then
			cp "$build${words[1]}" "$image${words[2]}"
		else
			to=${words[-1]}
			for from in "${words[@]:0:${#words[@]}-1}"; do
				if [ "$from" = . ]; then cp -R "$context/." "$build$dir/"; else cp "$context/$from" "$build$dir/$to"; fi
			done
		fi
		;;
	RUN)
		# A path after -o is one of the image that is built.
		(cd "$build$dir" && bash -euc "${arguments//-o \//-o $build/}")
		;;
	USER) user=$arguments ;;
	ENTRYPOINT) entry=$(sed 's/^\["\(.*\)"\]$/\1/' <<<"$arguments") ;;
	*)
		echo "container: unknown step $step" >&2
		exit 2
		;;
	esac
	echo "container: $step $arguments"
done <fuzz/deploy/Containerfile

if [ $stage != 2 ] || [ -z "$entry" ] || [ "$(cd "$image" && find . -type f)" != ".$entry" ]; then
	echo "container: want two stages, and the command alone in the second" >&2
	exit 1
fi
if readelf -lW "$image$entry" | grep -q INTERP; then
	echo "container: $entry wants a dynamic linker" >&2
	exit 1
fi
small=(-seed 2 -claims eq15 -cases 50 -climb 10 -runs=false -allow-small -json /out/report.json)
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$work" "$image"
	chown "$user" "$image$dir"
	chroot --userspec="$user" "$image" "$entry" "${small[@]}" >/dev/null
	[ -s "$image/out/report.json" ] || { echo "container: no report in /out" >&2; exit 1; }
	echo "container: $entry writes its report with nothing else in its file system, as $user"
else
	"$image$entry" help >/dev/null
	echo "container: not root: $entry runs, outside of its image"
fi
