"""Views: how one picture shows an item, as a function of (seed, index, view) and nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from fsim_plugins.garments.sketch import SIZE, Pose
from fsim_plugins.garments.wardrobe import Item

FloatArray = npt.NDArray[np.float32]

# Where the middle of a category's drawings lies, and how much they must grow for all categories to look equally large.
FRAMES = {
    "dress": (-5, 1.0),
    "t-shirt": (-5, 1.14),
    "shirt": (-4, 1.1),
    "sweater": (-3, 1.0),
    "hoodie": (-9, 1.02),
    "jacket": (-5, 1.05),
    "coat": (-3, 0.97),
    "trousers": (-3, 1.02),
    "jeans": (-3, 1.02),
    "shorts": (-16, 1.35),
    "skirt": (-8, 1.15),
    "hat": (-2, 1.15),
    "shoe": (0, 1.14),
    "bag": (-4, 1.06),
}


CLOSE_UPS = 0.2  # the share of views that show a part of the garment only


@dataclass(frozen=True)
class View:
    """One view.

    The garment's frame is bent, tilted and mapped into the picture: (x, y) -> (x, y - middle)
    -> (x + bend sin(wave y + phase), y) -> (x (1 + tilt y), y (1 + tilt y / 2)) -> matrix (x, y) + centre.

    Attributes:
        pose: of sleeves and legs.
        matrix: a, b, c, d of X = a x + b y, Y = c x + d y.
        centre: where the garment's middle lies, in pixels.
        middle: height of the garment's middle in its frame.
        bend, wave, phase: of the sway.
        tilt: of the perspective, per unit.
        key: of whatever else is drawn for this view.
    """

    pose: Pose
    matrix: tuple[float, float, float, float]
    centre: tuple[float, float]
    middle: float
    bend: float
    wave: float
    phase: float
    tilt: float
    key: str

    def random(self, purpose: str) -> Random:
        """The same draws each time it is asked for that purpose."""
        return Random(f"{self.key}/{purpose}")

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A point of the garment's frame in pixels."""
        y -= self.middle
        x += self.bend * math.sin(self.wave * y + self.phase)
        x, y = x * (1 + self.tilt * y), y * (1 + self.tilt * y / 2)
        a, b, c, d = self.matrix
        return a * x + b * y + self.centre[0], c * x + d * y + self.centre[1]

    def frame(self, columns: FloatArray, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The points of the garment's frame that pixels show, to within a fraction of a unit: the way back."""
        a, b, c, d = self.matrix
        across, down = columns - np.float32(self.centre[0]), rows - np.float32(self.centre[1])
        scale = np.float32(1 / (a * d - b * c))
        x, y = (d * across - b * down) * scale, (a * down - c * across) * scale
        y = y / (1 + self.tilt * y / 2)
        x = x / (1 + self.tilt * y)
        return x - self.bend * np.sin(self.wave * y + self.phase), y + self.middle


def draw_view(item: Item, view: int) -> View:
    """View number `view` of an item."""
    key = f"{item.seed}/{item.index}/{view}"
    middle, zoom = FRAMES[item.category]
    random = Random(f"{key}/view")
    pose = Pose(*(random.uniform(-1, 1) for _ in range(4)))
    turn = math.radians(max(-70.0, min(70.0, random.gauss(0, 25))))
    scale = zoom * random.uniform(0.8, 1.18)
    reach = 11.0
    if random.random() < CLOSE_UPS:
        scale, reach = scale * random.uniform(1.3, 1.6), 26.0
    narrow, shear = random.uniform(0.7, 1.0), random.uniform(-0.22, 0.22)
    cosine, sine = math.cos(turn) * scale, math.sin(turn) * scale
    matrix = (cosine * narrow, cosine * shear - sine, sine * narrow, sine * shear + cosine)
    centre = (SIZE / 2 + random.uniform(-reach, reach), SIZE / 2 + random.uniform(-reach, reach))
    return View(
        pose,
        matrix,
        centre,
        middle,
        bend=random.uniform(0, 3.2),
        wave=random.uniform(0.03, 0.07),
        phase=random.uniform(0, 2 * math.pi),
        tilt=random.uniform(-0.0025, 0.0025),
        key=key,
    )
