"""Run a recipe with several seeds, one after the other."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Sequence

from fsim.errors import FsimError
from fsim.history.run_record import read_record
from fsim.history.seed_means import seed_means, show_means, write_means
from fsim.history.seed_series import SeedSeries
from fsim.recipe.expectation import ExpectedMetric, compare_with_expectations
from fsim.run.observer import RunObserver
from fsim.run.run import InterruptedRunError, run_recipe
from fsim.run.session import open_session
from fsim.run.terminal import show_expected, show_result
from fsim.runtime.display import Display

MakeObservers = Callable[[Display], Sequence[RunObserver]]


def run_seeds(series: SeedSeries, make_observers: MakeObservers) -> list[ExpectedMetric]:
    """Run the seeds that are not finished yet, show and write the means, and compare them with what the recipe expects.

    Args:
        make_observers: returns those who follow a run.

    Raises:
        FsimError: a run failed; the finished runs are kept, and the series can be resumed.
        InterruptedRunError: Ctrl-C or SIGTERM; likewise.
    """
    for seed in series.seeds:
        if series.is_finished(seed):
            continue
        try:
            _run(series, seed, make_observers)
        except KeyboardInterrupt:
            raise InterruptedRunError(f"stopped; {_how_to_resume(series)}", 128 + signal.SIGINT) from None
        except InterruptedRunError as error:
            raise InterruptedRunError(f"stopped; {_how_to_resume(series)}", error.exit_code) from None
        except FsimError as error:
            series.discard_if_unused(seed)
            raise FsimError(f"seed {seed}: {error}" + (f"\n{_how_to_resume(series)}" if series.runs else "")) from error
    means = seed_means(series)
    write_means(series, means)
    with Display() as display:
        show_means(series, means, display)
        monitored = read_record(series.runs[series.seeds[0]]).last
        assert monitored is not None, "all runs are finished"
        (of_monitored,) = (of_split for of_split in means if of_split.split == monitored.split)
        expect = series.checked(series.seeds[0]).recipe.evaluation.expect
        expected = compare_with_expectations(expect, {name: mean.mean for name, mean in of_monitored.metrics.items()})
        show_expected(expected, display)
    return expected


def _run(series: SeedSeries, seed: int, make_observers: MakeObservers) -> None:
    checked, folder = series.checked(seed), series.begin(seed)
    with open_session(folder) as session:
        display = session.display
        display.say(f"seed {seed}, run {series.seeds.index(seed) + 1} of {len(series.seeds)}")
        result = run_recipe(checked, session, make_observers(display), resume=folder.recipe.is_file())
        assert result is not None, "there is one process"
        show_result(result, (), folder, display)
    del result
    gc.unfreeze()  # what the start froze is garbage now, and holds the network of this run
    gc.collect()


def _how_to_resume(series: SeedSeries) -> str:
    finished = sum(map(series.is_finished, series.seeds))
    return f"{finished} of {len(series.seeds)} runs are finished and kept. Go on with: fsim resume {series.file}"
