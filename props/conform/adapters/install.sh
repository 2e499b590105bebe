#!/bin/sh
# Installs what an adapter needs into DIR (default: ./engines/NAME) and prints the command
# that runs it, for: verify gate "$(sh install.sh NAME)"
# Versions are pinned to those that props/pages/ADAPTERS.md speaks of.
#   sh install.sh NAME [DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=${1:?usage: install.sh NAME [DIR]}
dir=${2:-engines/$name}

venv() { # PACKAGE...
	test -x "$dir/bin/python" || "${PYTHON:-python3}" -m venv "$dir" >&2
	"$dir/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
	echo "$dir/bin/python $here/${name}_engine.py"
}

case $name in
numpy) venv numpy==2.4.6 ;;
autograd) venv autograd==1.9.1 numpy==2.4.6 ;;
jax) venv jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 ;;
tinygrad) venv tinygrad==0.14.0 numpy==2.4.6 ;;
*)
	echo "install.sh: no adapter $name" >&2
	exit 2
	;;
esac
