"""What a recipe says of a component beside the component's own parameters."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ComponentSettings(BaseModel):
    """`{name: ..., parameter: value, ...}`: the component of that name, and the parameters of its constructor.

    The parameters are kept as they were written; `CheckedComponent` has the validated ones.
    """

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)
    name: str


class MemorySettings(BaseModel):
    """What a loss that compares embeddings by labels remembers of earlier batches."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    size: Annotated[int, Field(ge=1)]  # images
    after_steps: Annotated[int, Field(ge=0)] = 0  # steps before it is used: the first weights move fast


class LossSettings(ComponentSettings):
    """A loss, and its weight in the sum that is minimised."""

    weight: Annotated[float, Field(ge=0)] = 1.0
    memory: MemorySettings | None = None


class ProjectionSettings(ComponentSettings):
    """A projection, and which of the monitored protocol's queries it draws when."""

    at_end: bool = True  # only after the last epoch; false: in every evaluation
    max_images: Annotated[int, Field(ge=1)] = 5_000  # of more a sample, in which categories keep their share
