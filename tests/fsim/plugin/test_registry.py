from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from torch import nn

from fsim.errors import FsimError
from fsim.plugin import registry
from fsim.plugin.kinds import KINDS


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path; distributions written into it are found."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    registry._found.cache_clear()


def install(folder: Path, name: str, entry_points: str, **modules: str) -> None:
    (folder / f"{name}-1.0.dist-info").mkdir()
    (folder / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(entry_points)
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    registry._found.cache_clear()


GOOD = "class Good:\n    def __call__(self, images, rng):\n        return images\n"


def test_a_strangers_component_is_found_and_loaded_only_when_asked(installed: Path) -> None:
    install(installed, "stranger", "[fsim.augmentations]\nmine = stranger_module:Good\n", stranger_module=GOOD)
    assert ("augmentation", "mine") in {(offer.kind, offer.name) for offer in registry.offers()}
    assert "stranger_module" not in sys.modules
    assert registry.load("augmentation", "mine").__name__ == "Good"


def test_the_same_name_from_two_distributions_names_both(installed: Path) -> None:
    install(installed, "one", "[fsim.augmentations]\nmine = a:Good\n")
    install(installed, "two", "[fsim.augmentations]\nmine = b:Good\n")
    with pytest.raises(FsimError, match=r"offered twice: one 1.0 \(a:Good\) and two 1.0 \(b:Good\)"):
        registry.load("augmentation", "mine")
    registry.load("augmentation", "none")  # the others are not harmed


@pytest.mark.parametrize("text", ["import not_there_at_all", "1/0", "raise SystemError('x')", "x = (", ""])
def test_a_broken_plugin_names_its_distribution_and_cause(installed: Path, text: str) -> None:
    module = f"broken_{abs(hash(text))}"
    install(installed, "broken", f"[fsim.augmentations]\nmine = {module}:Good\n", **{module: text})
    with pytest.raises(FsimError, match=r"of broken 1.0 .* is broken: \w+: .*uninstall broken"):
        registry.load("augmentation", "mine")
    registry.load("augmentation", "none")


def test_what_does_not_fit_its_kind_is_told(installed: Path) -> None:
    install(
        installed,
        "unfit",
        "[fsim.samplers]\na = unfit:Empty\nb = unfit:number\n",
        unfit="class Empty: ...\nnumber = 3\n",
    )
    with pytest.raises(FsimError, match="it lacks __len__, epoch, gives"):
        registry.load("sampler", "a")
    with pytest.raises(FsimError, match="must be a class or a function"):
        registry.load("sampler", "b")


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(FsimError, match=r"no loss 'contrastiv' \(did you mean 'contrastive'\?\)"):
        registry.find("loss", "contrastiv")
    with pytest.raises(FsimError, match=r"no kind 'losss' \(did you mean 'loss'\?\)"):
        registry.offers("losss")


def test_register_is_for_this_process() -> None:
    class Mine:
        def __call__(self, images: object, rng: object) -> object:
            return images

    registry.register("augmentation", "mine")(Mine)
    try:
        assert registry.load("augmentation", "mine") is Mine
        assert registry.find("augmentation", "mine").distribution == "(this process)"
        with pytest.raises(FsimError, match="is there already"):
            registry.register("augmentation", "mine")(Mine)
    finally:
        registry.unregister("augmentation", "mine")
    with pytest.raises(FsimError, match="is there already"):
        registry.register("augmentation", "none")(Mine)
    with pytest.raises(FsimError, match="it lacks"):
        registry.register("sampler", "mine")(Mine)


def test_members_that_every_class_has_do_not_count() -> None:
    class Silent: ...

    class Forwardless(nn.Module): ...

    with pytest.raises(FsimError, match="it lacks __call__"):
        registry.register("augmentation", "mine")(Silent)
    with pytest.raises(FsimError, match="it lacks forward"):
        registry.register("loss", "mine")(Forwardless)
    with pytest.raises(FsimError, match="must be a class"):
        registry.register("head", "mine")(lambda in_features: Forwardless())


@pytest.mark.parametrize("offer", registry.offers(), ids=str)
def test_every_built_in_loads_and_is_described(offer: registry.Offer) -> None:
    from fsim.plugin.parameters import parameter_model

    component = registry.load(offer.kind, offer.name)
    parameter_model(offer.kind, component).model_json_schema()
    assert component.__doc__


def test_every_kind_has_a_built_in() -> None:
    assert {offer.kind for offer in registry.offers()} == set(KINDS)
