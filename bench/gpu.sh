#!/usr/bin/env bash
# bench/gpu.sh [--rehearse] [--out FOLDER]: everything there is to find out on a GPU machine, in one call of at most 8 minutes. Needs dist/ and Node
# with the project's packages, or the bundle `.gpu/` in their place. bench/gpu/README.md says more.
set -uo pipefail
cd "$(dirname "$0")/.."
node=node
[ -x .gpu/run ] && node=.gpu/run
exec "$node" bench/gpu/run.mjs "$@"
