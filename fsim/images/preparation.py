"""All that happens to a picture before the network sees it, as one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from fsim.errors import FsimError
from fsim.images.decode import decode
from fsim.images.resample import bilinear_by_torch
from fsim.images.resize import Box, Square
from fsim.interfaces import Interpolation, Resize

if TYPE_CHECKING:
    from fsim.images.resample import Pixels, Resample
    from fsim.recipe.schema import Recipe

Channels = tuple[float, float, float]  # of red, green and blue, on the scale of 0 to 1
PADDING = "box_padding"  # what `padding` is called in files

BOX_RULES = {
    "crop": f"where the garment's box is known, only what is in it is taken, with {PADDING} pixels of the resized "
    "image around it on each side as far as the picture goes; else the whole picture",
    "ignore": "the whole picture, whatever boxes are known",
}
RESIZE_RULES = {
    "squash": "both sides to size, whatever the shape was",
    "pad": "the longer side to size, the shape kept, the rest of the square white",
    "crop": "the shorter side to size, the shape kept, the middle of the longer side taken",
}
SHARE_RULES = {
    "squash": "both sides to size / crop_share, whatever the shape was, then the middle of size x size taken",
    "pad": "the longer side to size / crop_share, the shape kept, then the middle of size x size taken, white beyond",
    "crop": "the shorter side to size / crop_share, the shape kept, then the middle of size x size taken",
}


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes the network's input. Two networks can be compared picture by picture if theirs are equal.

    size           S, the side of the square, in pixels
    resize         how a picture becomes a square; see `fsim.images.resize.Square`, as for the next two
    crop_share     which share of the resized picture's side the square is; None: all of it
    interpolation  bilinear or bicubic, both antialiased
    box            crop: of a picture with a box only that is seen; ignore: always the whole picture
    padding        pixels of the square around the box's content, on each side, as far as the picture goes
    mean, std      of the pixels, which are normalised by them: (pixel / 255 - mean) / std; auto: to be measured
    flip           whether an embedding is the mean of those of the picture and of its mirror image
    """

    size: int
    resize: Resize = "squash"
    crop_share: float | None = None
    interpolation: Interpolation = "bilinear"
    box: Literal["crop", "ignore"] = "crop"
    padding: int = 0
    mean: Channels | Literal["auto"] = (0.0, 0.0, 0.0)
    std: Channels | Literal["auto"] = (1.0, 1.0, 1.0)
    flip: bool = False

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> Preparation:
        """Read it from a recipe, which a backbone has completed (`fsim.recipe.stated_preparation`)."""
        data = recipe.data
        return cls(
            size=data.image_size,
            resize=data.resize,
            crop_share=data.crop_share,
            interpolation=data.interpolation,
            box=data.box,
            padding=data.box_padding,
            mean=_channels(data.mean),
            std=_channels(data.std),
            flip=recipe.evaluation.flip,
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, for files."""
        values = {_key(field.name): getattr(self, field.name) for field in fields(self)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Preparation:
        """Read what `to_json` gave. Other keys are passed over; what a file of an earlier fsim lacks has its default.

        Raises:
            KeyError, TypeError, ValueError: it is not of that form.
        """
        values = {field.name: written[_key(field.name)] for field in fields(cls) if _key(field.name) in written}
        channels = {name: _channels(values[name]) for name in ("mean", "std") if name in values}
        return cls(**(values | channels | {"size": written["size"]}))

    def rules(self) -> dict[str, str]:
        """Say in words what its fields mean, for those who must do the same by other means."""
        return {
            "box_rule": BOX_RULES[self.box],
            "resize_rule": (RESIZE_RULES if self.crop_share is None else SHARE_RULES)[self.resize],
            "interpolation_rule": "with antialiasing; JPEGs may be decoded smaller, at twice size or more",
        }

    @property
    def pixels_key(self) -> str:
        """All that the pixels of the square depend on, except the box, as text."""
        plain = self.interpolation == "bilinear" and self.crop_share is None
        return f"{self.size} {self.resize}" + ("" if plain else f" {self.interpolation} {self.crop_share}")

    def region(self, box: Box | None) -> Box | None:
        """Return the part that is seen of a picture which has this box in its catalog; None stands for all of it.

        The padding is counted in pixels of the network's image, as in Girshick et al., "Rich feature hierarchies for
        accurate object detection and semantic segmentation", CVPR 2014 (16 of 227): what is in the box fills all but
        `padding` pixels on each side. Beyond the picture there is nothing to show: there the region ends with it.

        Raises:
            FsimError: so much padding that nothing is left of the box.
        """
        if box is None or self.box == "ignore":
            return None
        if not self.padding:
            return box
        if 2 * self.padding >= self.size:
            raise FsimError(
                f"data.{PADDING}={self.padding} on each side leaves nothing of an image of {self.size} px; lower it"
            )
        share = self.padding / (self.size - 2 * self.padding)
        try:
            x1, y1, x2, y2 = box
            wide, high = share * (x2 - x1), share * (y2 - y1)
        except (TypeError, ValueError):  # it is no box; decoding rejects it
            return box
        return x1 - wide, y1 - high, x2 + wide, y2 + high

    def square(self, region: Box | None, bilinear: Resample = bilinear_by_torch) -> Square:
        """Return what cuts this part out of a picture and resizes it."""
        return Square(self.size, self.resize, region, self.crop_share, self.interpolation, bilinear)

    def apply(self, source: bytes | Pixels, box: Box | None = None, bilinear: Resample = bilinear_by_torch) -> Pixels:
        """Prepare a picture: the bytes of a file, uint8 [H, W] or [H, W, 3] -> uint8 [S, S, 3], the network's input
        before it is normalised.

        Args:
            source: the picture; of an animation the first frame counts.
            box: the part to look at, (x1, y1, x2, y2) in pixels of the upright picture, padded as the boxes of a
                catalog are; it counts also where those are ignored. None: all of it.
            bilinear: what resizes where `interpolation` is bilinear: by torch, or by numpy where torch is not to be
                imported; both give the same pixels.

        Raises:
            DamagedImageError: it can't be decoded, or its box holds nothing of it.
            FsimError: so much padding that nothing is left of the box.
        """
        return decode(source, self.square(box if self.box == "ignore" else self.region(box), bilinear))


def _key(field: str) -> str:
    """What a field is called in files."""
    return PADDING if field == "padding" else field


def _channels(values: Any) -> Any:
    if values == "auto":
        return values
    red, green, blue = (float(value) for value in values)
    return red, green, blue
