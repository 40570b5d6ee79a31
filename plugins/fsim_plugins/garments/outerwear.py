"""Jackets and coats."""

from __future__ import annotations

from fsim_plugins.garments.bodice import SIDES, Body, arm_degrees, neck_band, on_side, sleeve, torso
from fsim_plugins.garments.outline import box, symmetric, to, via
from fsim_plugins.garments.palette import INK_FREE_GREY, drawn_on
from fsim_plugins.garments.sketch import Sketch
from fsim_plugins.garments.tops import WIDTHS, collar, pocket, rib, zipper
