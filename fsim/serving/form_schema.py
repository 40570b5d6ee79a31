"""The form of a search, for the description of the server's addresses (OpenAPI)."""

from __future__ import annotations

from typing import Any

from fsim.search.queries import HALF
from fsim.serving.asked import K
from fsim.serving.limits import TEXT

_PROPERTIES: dict[str, dict[str, Any]] = {
    "image": {"type": "string", "format": "binary", "description": "a JPEG, PNG, WebP, GIF or BMP"},
    "id": {"type": "string", "description": "in place of image: an image of the index"},
    "shown": {"type": "string", "description": "in place of image: an image of a comparison"},
    "text": {
        "type": "string",
        "maxLength": TEXT,
        "description": "words, in place of a picture or with one; where the network reads, see /api/about",
    },
    "text_weight": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": HALF,
        "description": "of a picture and a text: how much the text counts",
    },
    "k": {"type": "integer", "minimum": 1, "default": K, "description": "how many answers"},
    "filter": {
        "type": "array",
        "items": {"type": "string"},
        "description": "key=value; of one key any of the values, of different keys all",
    },
    "crop": {"type": "string", "description": "x1,y1,x2,y2: the part to look at, in pixels of the upright picture"},
    "fold": {"type": "string", "enum": ["0", "1"], "description": "one answer an item"},
    "diversity": {"type": "number", "minimum": 0, "maximum": 1, "description": "how unlike each other answers are"},
}
SEARCH_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"type": "object", "properties": _PROPERTIES}}},
    }
}
