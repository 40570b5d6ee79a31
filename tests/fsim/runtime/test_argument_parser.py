"""A command tells what it does not know, with the nearest option."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from fsim.cli import main


@pytest.fixture(autouse=True)
def usual_collection() -> Iterator[None]:
    """As it was before `main`."""
    usual = gc.get_threshold()
    yield
    gc.set_threshold(*usual)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("data audit x --jsn", "fsim data audit: error: there is no option --jsn (did you mean '--json'?)"),
        ("data audit --js x", "fsim data audit: error: there is no option --js (did you mean '--json'?)"),
        (
            "data stats x --htm=page.html",
            "fsim data stats: error: there is no option --htm=page.html (did you mean '--html'",
        ),
        (
            "data make-catalog d --patern x",
            "fsim data make-catalog: error: there is no option --patern (did you mean '--pa",
        ),
        ("run r.yaml a.b=1 --overft 3", "fsim run: error: there is no option --overft (did you mean '--overfit'?)"),
        ("data download clothing --xyz", "--xyz (valid: --help, --to, --url)"),
        ("data garments a b", "fsim data garments: error: unrecognized arguments: b"),
        ("--vers", "fsim: error: there is no option --vers (did you mean '--version'?)"),
        ("data meta", "are required: SOURCE\n"),
        ("data stats", "are required: SOURCE\n"),
        ("data audit", "are required: CATALOG\n"),
        ("data attributes", "are required: CATEGORY\n"),
        ("run", "are required: recipe\n"),
        ("evaluate", "are required: run\n"),
    ],
)
def test_what_is_wrong_is_told(arguments: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments.split())
    assert left.value.code == 2
    assert message in capsys.readouterr().err


def test_overrides_may_stand_behind_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["data", "stats", "garments", "--json", "itms=3"])
    assert "did you mean 'items'" in capsys.readouterr().err
