"""Which function draws which category."""

from __future__ import annotations

from collections.abc import Callable

from fsim_plugins.garments.shapes.bag import draw_bag
from fsim_plugins.garments.shapes.coat import draw_coat
from fsim_plugins.garments.shapes.dress import draw_dress
from fsim_plugins.garments.shapes.hat import draw_hat
from fsim_plugins.garments.shapes.hoodie import draw_hoodie
from fsim_plugins.garments.shapes.jacket import draw_jacket
from fsim_plugins.garments.shapes.shirt import draw_shirt
from fsim_plugins.garments.shapes.shoe import draw_shoe
from fsim_plugins.garments.shapes.skirt import draw_skirt
from fsim_plugins.garments.shapes.sweater import draw_sweater
from fsim_plugins.garments.shapes.t_shirt import draw_t_shirt
from fsim_plugins.garments.shapes.trousers import draw_jeans, draw_shorts, draw_trousers
from fsim_plugins.garments.sketch import Sketch

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
