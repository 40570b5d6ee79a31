from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from fsim.run.interruption import Interruption

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.mark.usefixtures("hangup_ends_processes")
@pytest.mark.parametrize(("number", "hurried"), [(signal.SIGINT, False), (signal.SIGTERM, True), (signal.SIGHUP, True)])
def test_the_first_signal_is_noted_and_the_second_stops_at_once(number: signal.Signals, hurried: bool) -> None:
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert not interruption.requested
        os.kill(os.getpid(), number)
        assert interruption.requested and interruption.leaves_little_time == hurried
        assert interruption.exit_code == 128 + number
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before


def test_a_signal_stops_at_once_where_nothing_is_lost() -> None:
    with Interruption() as interruption:
        with pytest.raises(KeyboardInterrupt), interruption.immediate():
            os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.exit_code == 143


def test_what_is_ignored_stays_ignored() -> None:
    code = (
        "import os, signal\n"
        "from fsim.run.interruption import Interruption\n"
        "with Interruption() as interruption:\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    assert not interruption.requested\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN), timeout=60
    )
    assert done.returncode == 0
