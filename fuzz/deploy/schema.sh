#!/usr/bin/env bash
# Holds kubernetes.yaml against the schema that Kubernetes publishes, strictly (an unknown
# field is an error), and shows first that a manifest that is wrong is refused. The schemas are
# those of the Python package kubernetes-validate. Needs python3 with venv; writes to a
# temporary folder only. What a schema cannot say is in check/.
#
#	fuzz/deploy/schema.sh [version of Kubernetes, 1.37.0 for instance]
set -euo pipefail
cd "$(dirname "$0")"
PACKAGE=kubernetes-validate==1.37.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "$PACKAGE"
validate() { "$work/venv/bin/kubernetes-validate" ${version:+-k "$version"} --strict "$1"; }
version=${1:-}

for edit in 's/completionMode: Indexed/completionMode: 7/' 's/backoffLimit:/backofLimit:/' 's/restartPolicy: Never/restartPolicy: [Never]/'; do
	sed "$edit" kubernetes.yaml >"$work/wrong.yaml"
	if cmp -s kubernetes.yaml "$work/wrong.yaml" || validate "$work/wrong.yaml" >"$work/log" 2>&1; then
		echo "schema: with $edit the manifest is accepted" >&2
		exit 1
	fi
done
validate kubernetes.yaml
