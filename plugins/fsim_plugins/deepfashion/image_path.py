"""What a picture's path says in the retrieval benchmarks: `img/WOMEN/Dresses/id_00000001/01_1_front.jpg`."""

from __future__ import annotations

from pathlib import PurePosixPath

from fsim.errors import FsimError
from fsim_plugins.deepfashion.annotation_file import shown


def clothes_folders(image: str) -> tuple[str, str]:
    """The two folders above the item's: gender or group, and the kind of clothes.

    Raises:
        FsimError: the path is shorter.
    """
    parts = PurePosixPath(image).parts
    if len(parts) < 4:
        raise FsimError(
            f"the partition lists '{shown(image)}', which is no path such as "
            f"img/WOMEN/Dresses/id_00000001/01_1_front.jpg; fetch Eval/list_eval_partition.txt again"
        )
    return parts[-4], parts[-3]
