"""Whether a study is gone on with by the data that it began with."""

from __future__ import annotations

from collections.abc import Mapping

from fsim.errors import FsimError
from fsim.run.observer import MonitoredEvaluation


class OtherDataError(FsimError):
    """The data is not that of the study, whose trials cannot be compared with what comes of it."""


def which_data(told: MonitoredEvaluation) -> dict[str, str]:
    """What an evaluation was of, each with a fingerprint; plain data, as a study keeps it."""
    return {"what is evaluated": told.fingerprint, "the training images": told.training_images}


def refuse_other_data(before: Mapping[str, str], told: MonitoredEvaluation, name: str) -> None:
    """Tell what is not as it was at the first evaluation of a study.

    Raises:
        OtherDataError: something is not.
    """
    now = which_data(told)
    changes = "".join(f"  {what}: {before[what]} -> {now[what]}\n" for what in now if before[what] != now[what])
    if changes:
        raise OtherDataError(
            f"the data changed since the study {name} began, or is another on this machine (fingerprints of images and "
            f"labels):\n{changes}its trials cannot be compared: bring the data back, and go on with the same command, "
            f"or begin another: --study NAME"
        )
