"""The form of a search, for the description of the server's addresses (OpenAPI)."""

from __future__ import annotations

from typing import Any

from fsim.serving.asked import K

_PROPERTIES: dict[str, dict[str, Any]] = {
    "image": {"type": "string", "format": "binary", "description": "a JPEG, PNG, WebP, GIF or BMP"},
    "id": {"type": "string", "description": "in place of image: an image of the index"},
    "shown": {"type": "string", "description": "in place of image: an image of a comparison"},
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
