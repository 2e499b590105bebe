#!/bin/sh
# Installs what an adapter needs into DIR (default: ./engines/NAME) and prints the command
# that runs it, for: verify gate "$(sh install.sh NAME)"
# Versions are pinned to those that props/pages/ADAPTERS.md speaks of.
#   sh install.sh NAME [DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=${1:?usage: install.sh NAME [DIR]}
dir=${2:-engines/$name}

pip_install() { # PACKAGE...
	test -x "$dir/bin/python" || "${PYTHON:-python3}" -m venv "$dir" >&2
	"$dir/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
}

case $name in
eigen) # Debian: g++ libeigen3-dev nlohmann-json3-dev
	mkdir -p "$dir"
	"${CXX:-c++}" -O2 -std=c++17 ${EIGEN_FLAGS:--I/usr/include/eigen3} "$here/cpp/eigen_engine.cpp" -o "$dir/engine" >&2
	echo "$dir/engine"
	exit
	;;
gomlx | spago | gorgonia) # Go; CASCADE names a clone of this repository, when this is not one
	mkdir -p "$dir"
	root=$(cd "${CASCADE:-$here/../../..}" && pwd)
	test -f "$root/go.mod" || { echo "install.sh: no go.mod in $root: CASCADE=CLONE names a clone" >&2; exit 1; }
	sed "s|=> .*|=> $root|" "$here/go/engines.mod" >"$dir/go.mod"
	cp "$here/go/engines.sum" "$dir/go.sum"
	cp "$here/go/${name}_engine.go" "$dir/main.go"
	(cd "$dir" && GOWORK=off go build -o engine main.go) >&2
	echo "$dir/engine"
	exit
	;;
node) # nothing but Node 18 or later
	node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'
	echo "node $here/node_engine.mjs"
	exit
	;;
tfjs) # 0.3 GB
	mkdir -p "$dir"
	npm install --silent --no-audit --no-fund --prefix "$dir" @tensorflow/tfjs@4.22.0 >&2
	cp "$here/serve.mjs" "$here/tfjs_engine.mjs" "$dir" # where Node looks for packages
	echo "node $dir/tfjs_engine.mjs"
	exit
	;;
candle) # Rust with cargo, 0.4 GB; builds for minutes
	cargo build --quiet --release --locked --manifest-path "$here/rust/Cargo.toml" --target-dir "$dir" >&2
	echo "$dir/release/candle_engine"
	exit
	;;
numpy) pip_install numpy==2.4.6 ;;
autograd) pip_install autograd==1.9.1 numpy==2.4.6 scipy==1.17.1 ;;
jax) pip_install jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 ;;
tinygrad) pip_install tinygrad==0.14.0 numpy==2.4.6 ;; # its CPU device needs clang
torch) # 0.5 GB; CUDA, which a CPU does not use, would be 2 GB more
	pip_install --no-deps torch==2.15.0
	pip_install filelock typing-extensions sympy==1.14.0 networkx jinja2 fsspec numpy==2.4.6
	if [ "$(uname)" = Linux ]; then
		"$dir/bin/python" "$here/torch_stubs.py" "$("$dir/bin/python" -c '
import sysconfig; print(sysconfig.get_paths()["purelib"] + "/torch/lib")')" >&2
	fi
	;;
*)
	echo "install.sh: no adapter $name" >&2
	exit 2
	;;
esac
echo "$dir/bin/python $here/${name}_engine.py"
