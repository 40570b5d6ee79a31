"""The sign of life of a trial."""

from __future__ import annotations

import threading

from fsim.errors import FsimError
from fsim.tuning.heartbeat import Heartbeat


def test_it_beats_until_the_trial_ends_and_warns_once() -> None:
    beats, warned, often = [0], [], threading.Event()

    def beat() -> None:
        beats[0] += 1
        if beats[0] == 3:
            often.set()
        raise FsimError("no database")

    heart = Heartbeat(beat, warned.append, every=1e-3)
    with heart:
        assert often.wait(60)
    counted = beats[0]
    assert counted >= 3
    assert warned == ["no database; other machines may take this trial for dead after 300 seconds"]
    assert not heart._thread.is_alive()
