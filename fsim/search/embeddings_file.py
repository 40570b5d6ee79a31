"""A file of embeddings: a NumPy array [N, D] in a .npy file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import checked_embeddings
from fsim.interfaces import Vectors


def read_embeddings(file: Path) -> Vectors:
    """The embeddings [N, D] of a .npy file, as float32. Nothing in it is executed.

    Raises:
        FsimError: there is no such file, it holds no matrix of numbers, or vectors that are NaN, infinite or longer
            than 1e18.
    """
    try:
        array = np.load(file, allow_pickle=False)
    except FileNotFoundError as error:
        raise FsimError(f"there is no file {file}; give a .npy file of embeddings") from error
    except (OSError, ValueError, EOFError) as error:
        raise FsimError(f"{file} is no .npy file of numbers ({error}); write it with numpy.save") from error
    if not isinstance(array, np.ndarray):
        raise FsimError(f"{file} is an archive of arrays; write one array [images, dimensions] with numpy.save")
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        shape = " x ".join(map(str, array.shape)) or "a single value"
        raise FsimError(f"{file} holds {shape} of {array.dtype}; embeddings are numbers, images x dimensions")
    return checked_embeddings(array, f"embeddings in {file}")
