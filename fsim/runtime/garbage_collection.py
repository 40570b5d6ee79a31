"""A quicker start: imports make a million objects and no garbage, and looking for some takes a sixth of the time."""

from __future__ import annotations

import gc

_USUAL = gc.get_threshold()
_PATIENT = 1_000_000  # new objects before the collector looks at them


def postpone_garbage_collection() -> None:
    """Keep the garbage collector from looking at what the large imports make; call it before them."""
    gc.set_threshold(_PATIENT, *_USUAL[1:])


def resume_garbage_collection() -> None:
    """Collect garbage as usual again; call it when all is imported and built. What is there by then stays to the end,
    and is not looked at again."""
    if gc.get_threshold()[0] == _PATIENT:
        gc.freeze()
        gc.set_threshold(*_USUAL)
