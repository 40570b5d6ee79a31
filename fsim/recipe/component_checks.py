"""Components whose settings have the right types, and that yet reject them or do not fit each other."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from fsim.errors import FsimError
from fsim.plugin.build import CheckedComponent
from fsim.plugin.kinds import kind_of
from fsim.plugin.parameters import injected_names
from fsim.recipe.evaluation_checks import evaluation_mistakes
from fsim.recipe.mistake import Key
from fsim.recipe.network_checks import loss_mistakes, text_mistakes


def component_mistakes(
    value: Mapping[str, Any], components: Mapping[Key, CheckedComponent]
) -> Iterator[tuple[Key, str]]:
    """Find what is wrong with components that are right by their types: each by itself, and all together.

    Args:
        value: the recipe as it was written.
        components: by their place in the recipe.
    """
    built: dict[Key, Any] = {}
    yield from _rejected_parameters(components, built)
    yield from loss_mistakes(value, components)
    yield from text_mistakes(components, built)
    yield from evaluation_mistakes(value, components, built)


def _rejected_parameters(
    components: Mapping[Key, CheckedComponent], built: dict[Key, Any]
) -> Iterator[tuple[Key, str]]:
    """Build on trial what can be built without the data; what is built is put into `built`."""
    by_kind: dict[str, Any] = {}
    for key, component in components.items():
        for place, part in (*(((*key, name), part) for name, part in component.parts.items()), (key, component)):
            try:
                tried = _build_on_trial(part, by_kind)
            except FsimError as error:
                yield place, str(error)
                break
            if tried is not None:
                built[place] = by_kind[part.kind] = tried


def _build_on_trial(part: CheckedComponent, by_kind: Mapping[str, Any]) -> Any:
    """Build a component from the trial values of its kind; None where that cannot be.

    Args:
        by_kind: what was built on trial before, by kind.

    Raises:
        FsimError: it rejects its parameters, or does not fit its interface.
    """
    trial_values = kind_of(part.kind).trial_values
    values = trial_values and trial_values(injected_names(part.kind, part.component), by_kind)
    if values is None or not part.is_valid:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they come again when it is built for good
        return part.build(**values)
