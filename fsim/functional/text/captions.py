"""The column `caption` of a catalog: a sentence, several, or none. Nothing here imports torch."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any


def captions_of(value: Any) -> list[str]:
    """Return the captions of a cell of a catalog; blank ones are none, and so is what is missing (None, NaN; None in a
    list). Half a character (a lone surrogate, which no file can hold) becomes a question mark.

    Raises:
        ValueError: it holds something else than a text, or a list of texts.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    captions = [value] if isinstance(value, str) else value
    if not isinstance(captions, Sequence) or not all(isinstance(one, str | None) for one in captions):
        raise ValueError("expected a text or a list of texts")
    return [one.encode(errors="replace").decode() for one in captions if one and one.strip()]


def caption_value(captions: Sequence[str]) -> str | list[str]:
    """Return captions as a cell of a catalog holds them: one as it is, several as a list, "" for none."""
    return list(captions) if len(captions) > 1 else "".join(captions)


def captions_text(value: Any) -> str:
    """Return the captions of a cell of a catalog as text: one as it is, several as a JSON list, and so is one that
    would be read as such a list, or has a carriage return, around which a csv lacks the quotes."""
    captions = captions_of(value)
    if len(captions) > 1 or any(one.startswith("[") or "\r" in one for one in captions):
        return json.dumps(captions, ensure_ascii=False)
    return captions[0] if captions else ""


def captions_of_text(text: str) -> list[str]:
    """Read what `captions_text` wrote. A text that begins with a bracket and is no JSON list of texts is a caption."""
    if text.startswith("["):
        try:
            return captions_of(json.loads(text))
        except (ValueError, RecursionError):
            pass
    return captions_of(text)
