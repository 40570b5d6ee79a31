from __future__ import annotations

import gc

from fsim.runtime.garbage_collection import postpone_garbage_collection, resume_garbage_collection


def test_garbage_is_collected_as_usual_after_the_start() -> None:
    before = gc.get_threshold()
    resume_garbage_collection()  # what a command that ran in this process has left
    usual = gc.get_threshold()
    try:
        postpone_garbage_collection()
        assert gc.isenabled()
        assert gc.get_threshold()[0] > usual[0]
        resume_garbage_collection()
        assert gc.get_threshold() == usual
        assert gc.get_freeze_count() > 0
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
