#!/usr/bin/env bash
# Makes requirements-build.lock (what builds packages that come as source, and the project),
# requirements.lock (the program) and requirements-dev.lock (the tools) anew. Needs uv. Arguments go to uv: --upgrade, --upgrade-package NAME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=$(mktemp --suffix=.in)
trap 'rm -f "$build"' EXIT
# start.py builds without isolation, so that nothing unhashed is fetched on the way: the backend
# of the project (hatchling) and of galvani, which comes as source (setuptools), are locked too.
printf '%s\n' 'hatchling>=1.27' editables setuptools >"$build"

options=(--quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate)
uv pip compile "${options[@]}" "$@" "$build" -o requirements-build.lock
uv pip compile "${options[@]}" "$@" pyproject.toml -c requirements-build.lock -o requirements.lock
uv pip compile "${options[@]}" "$@" --group dev -c requirements.lock -o requirements-dev.lock
