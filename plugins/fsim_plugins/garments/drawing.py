"""Which function draws which category."""

from __future__ import annotations

from collections.abc import Callable

from fsim_plugins.garments.bags import draw_bag
from fsim_plugins.garments.bottoms import draw_jeans, draw_shorts, draw_trousers
from fsim_plugins.garments.hats import draw_hat
from fsim_plugins.garments.outerwear import draw_coat, draw_jacket
from fsim_plugins.garments.shoes import draw_shoe
from fsim_plugins.garments.sketch import Sketch
from fsim_plugins.garments.skirts import draw_dress, draw_skirt
from fsim_plugins.garments.tops import draw_hoodie, draw_shirt, draw_sweater, draw_t_shirt

DRAW: dict[str, Callable[[Sketch], None]] = {
    "dress": draw_dress,
    "t-shirt": draw_t_shirt,
    "shirt": draw_shirt,
    "sweater": draw_sweater,
    "hoodie": draw_hoodie,
    "jacket": draw_jacket,
    "coat": draw_coat,
    "trousers": draw_trousers,
    "jeans": draw_jeans,
    "shorts": draw_shorts,
    "skirt": draw_skirt,
    "hat": draw_hat,
    "shoe": draw_shoe,
    "bag": draw_bag,
}
