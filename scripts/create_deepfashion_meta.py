#!/usr/bin/env python3
"""metadata.csv of DeepFashion's Category and Attribute benchmark, and with --sample the balanced selection of it.

    .venv/bin/python scripts/create_deepfashion_meta.py data/deepfashion_category --sample

is `fsim data meta data/deepfashion_category --dataset deepfashion_category --sample`.
"""

import sys

from fsim.cli import main

main(["data", "meta", *sys.argv[1:], *([] if "--dataset" in sys.argv else ["--dataset", "deepfashion_category"])])
