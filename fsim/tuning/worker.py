"""A process that works at a study."""

from __future__ import annotations

from fsim.errors import FsimError
from fsim.run.interruption import Interruption
from fsim.run.run import InterruptedRunError
from fsim.tuning.study import Study
from fsim.tuning.trial_run import run_trial


def work(study: Study, num: int) -> None:
    """Run trials until `num` were begun by this process and others, and none is left that nobody works at.

    Raises:
        InterruptedRunError: Ctrl-C or SIGTERM; the same command goes on.
        FsimError: no other trial would come further; once that is mended, the same command goes on.
    """
    with Interruption() as interruption:
        try:
            with interruption.immediate():  # a trial that trains sees to signals itself
                while (claim := study.claim(num)) is not None:
                    run_trial(study, claim, num)
        except InterruptedRunError as error:
            raise InterruptedRunError(f"stopped; {_go_on(study, num)}", error.exit_code) from None
        except KeyboardInterrupt:
            raise InterruptedRunError(f"stopped; {_go_on(study, num)}", interruption.exit_code) from None


def _go_on(study: Study, num: int) -> str:
    try:
        kept = f"{sum(one.state.is_finished() for one in study.trials())} of {num} trials are finished and kept"
    except FsimError as error:
        kept = str(error)
    return f"{kept}. Go on with the same command"
