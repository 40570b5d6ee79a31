"""The search space of a recipe, `search:`: what `fsim tune` may choose for which path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from fsim.errors import nearest
from fsim.recipe.document import flow_text
from fsim.recipe.mistake import Key

FIXED = ("name", "data.dataset", "data.overfit", "evaluation", "trackers", "backup", "search")  # never searched


class SearchedValue(BaseModel):
    """What may be chosen for one path: a range or choices, and when it is searched at all.

    Where low, high and step are integers, so is what is chosen: write 1.0 for a real number.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    low: int | float | None = None  # included, as high is
    high: int | float | None = None
    log: bool = False  # whether the orders of magnitude are equally likely at first
    step: Annotated[int | float, Field(gt=0)] | None = None  # between the values of a range, from low on
    choices: Annotated[list[Any], Field(min_length=1)] | None = None  # values, or whole components
    when: dict[str, Any] = {}  # other searched path -> its choice, or several; else the recipe's own value stands

    @model_validator(mode="after")
    def _is_one_of_both(self) -> SearchedValue:
        if self.choices is not None:
            if self.model_fields_set & {"low", "high", "log", "step"}:
                raise _wrong("has choices: low, high, log and step are of a range; keep one of both")
            if len(set(self.labels)) < len(self.choices):
                raise _wrong("has a choice twice; remove one")
            return self
        if self.low is None or self.high is None:
            raise _wrong("needs low and high, or choices: {low: 1e-4, high: 1e-2, log: true} or {choices: [32, 64]}")
        if not self.low < self.high:
            raise _wrong(f"has no values between low {self.low} and high {self.high}: low must be less")
        if self.log and self.low <= 0:
            raise _wrong(f"has a logarithmic range, whose low must be above 0, not {self.low}")
        if self.log and self.step is not None:
            raise _wrong("has log and step, which do not go together; keep one of them")
        if not self.holds(self.high):
            raise _wrong(f"does not come to high {self.high} by steps of {self.step} from low {self.low}; change one")
        return self

    @property
    def is_integer(self) -> bool:
        """Whether it is a range of integers."""
        return all(isinstance(bound, int) for bound in (self.low, self.high, self.step or 1))

    @property
    def labels(self) -> list[Any]:
        """The choices as a study knows them: a component by its text, a plain value as it is."""
        return [label(choice) for choice in self.choices or ()]

    @property
    def ends(self) -> list[tuple[tuple[str | int, ...], Any]]:
        """The ends of a range, or every choice: where each stands in the recipe's entry, and its value."""
        if self.choices is not None:
            return [(("choices", place), choice) for place, choice in enumerate(self.choices)]
        return [(("low",), self.low), (("high",), self.high)]

    def holds(self, value: Any) -> bool:
        """Whether a value is among those that may be chosen."""
        if self.choices is not None:
            return label(value) in self.labels
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        assert self.low is not None and self.high is not None
        if not self.low <= value <= self.high or (self.is_integer and value != int(value)):
            return False
        steps = (value - self.low) / self.step if self.step is not None else 0
        return abs(steps - round(steps)) < 1e-8

    def is_active(self, labels: Mapping[str, Any]) -> bool:
        """Whether it is searched, where `labels` were chosen for the paths that it depends on."""
        return all(path in labels and labels[path] in map(label, wanted) for path, wanted in self.conditions.items())

    @property
    def conditions(self) -> dict[str, list[Any]]:
        """Path -> the choices of it with which this is searched."""
        return {path: value if isinstance(value, list) else [value] for path, value in self.when.items()}

    @property
    def shown(self) -> str:
        """The range or the choices, for people."""
        if self.choices is not None:
            return " | ".join(map(str, self.labels))
        more = f", step {self.step}" if self.step is not None else ", log" if self.log else ""
        return f"{self.low} to {self.high}{more}"


def label(value: Any) -> Any:
    """Return a value as a study knows it."""
    return flow_text(value) if isinstance(value, dict | list) else value


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("searched", "{message}", {"message": message})


def search_space_mistakes(value: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """Find searched paths that must not be, and conditions that never hold."""
    search = _valid_entries(value.get("search"))
    for path, searched in search.items():
        if any(path == fixed or path.startswith(f"{fixed}.") for fixed in FIXED):
            yield ("search", path), "must be the same in all trials, which are compared; search another path"
        for other, wanted in searched.conditions.items():
            yield from _wrong_condition(search, path, other, wanted)
        if _depends_on_itself(search, path):
            yield ("search", path, "when"), "leads back to itself; take a condition out"


def _valid_entries(search: Any) -> dict[str, SearchedValue]:
    found = {}
    for path, entry in search.items() if isinstance(search, dict) else ():
        try:
            found[path] = SearchedValue.model_validate(entry)
        except ValidationError:  # `value_mistakes` has it
            continue
    return found


def _wrong_condition(
    search: Mapping[str, SearchedValue], path: str, other: str, wanted: list[Any]
) -> Iterator[tuple[Key, str]]:
    """Find what is wrong with the condition that `other` has one of the values `wanted`."""
    at = ("search", path, "when", other)
    if other not in search:
        yield at, f"is not searched{nearest(other, set(search) - {path})}"
    elif search[other].choices is None:
        yield at, "has a range; a condition needs a path with choices"
    else:
        labels = search[other].labels
        for value in wanted:
            if label(value) not in labels:
                yield at, f"{label(value)} is not among the choices there{nearest(str(value), map(str, labels))}"
        if not wanted:
            yield at, "names no choice, so that this would never be searched"


def _depends_on_itself(search: Mapping[str, SearchedValue], path: str) -> bool:
    """Whether a path depends on itself."""
    reached: set[str] = set()
    ahead = list(search[path].when)
    while ahead:
        other = ahead.pop()
        if other not in reached and other in search:
            reached.add(other)
            ahead += search[other].when
    return path in reached
