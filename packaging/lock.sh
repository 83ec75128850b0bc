#!/usr/bin/env bash
# Makes requirements.lock (the program and what builds it) and requirements-dev.lock (the tools)
# anew from pyproject.toml. Needs uv. Arguments go to uv: --upgrade, --upgrade-package NAME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=$(mktemp --suffix=.in)
trap 'rm -f "$build"' EXIT
# start.py installs the project without build isolation, so its build backend is locked too.
printf '%s\n' 'hatchling>=1.27' editables >"$build"

options=(--quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate)
uv pip compile "${options[@]}" "$@" pyproject.toml "$build" -o requirements.lock
uv pip compile "${options[@]}" "$@" --group dev -c requirements.lock -o requirements-dev.lock
