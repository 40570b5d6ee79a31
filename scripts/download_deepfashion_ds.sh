#!/usr/bin/env bash
# DeepFashion, In-shop unless another benchmark is named: shows the terms, asks for consent, fetches what can be fetched,
# and says which files you must put where. Options are those of `fsim data download deepfashion`:
# scripts/download_deepfashion_ds.sh --benchmark category --accept-terms
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
exec "$root/scripts/fsim" data download deepfashion --benchmark inshop "$@"
