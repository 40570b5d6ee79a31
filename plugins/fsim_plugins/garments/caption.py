"""The full sentence that says what an item is, from its listed attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PAIRS = ("trousers", "jeans", "shorts")
ADJECTIVES = ("length", "fit")
PARTS = ("sleeve", "neckline", "collar", "closure", "pocket", "hem", "detail")


def caption(category: str, attributes: Mapping[str, str]) -> str:
    """One phrase, such as "a knee-length A-line red and white striped cotton dress with long sleeves and a v-neck"."""
    noun = attributes.get("style", category)
    words = [attributes[name] for name in ADJECTIVES if name in attributes]
    if attributes.get("sleeve") == "sleeveless":
        words.append("sleeveless")
    words += _colours(attributes)
    if attributes["material"] not in (*noun.split(), "denim" if category == "jeans" else ""):
        words.append(attributes["material"])
    return with_parts(start_of(category, " ".join([*words, noun])), _parts(attributes))


def start_of(category: str, words: str) -> str:
    """The words with what they begin with: "a", "an" or "a pair of"."""
    if category in PAIRS:
        return f"a pair of {words}"
    return f"{'an' if words[0] in 'aeiouA' else 'a'} {words}"


def with_parts(words: str, parts: Sequence[str]) -> str:
    """The words and what the item comes with, if there is anything: "with long sleeves, a belt and red trim"."""
    if not parts:
        return words
    return f"{words} with {' and '.join(part for part in (', '.join(parts[:-1]), parts[-1]) if part)}"


def _colours(attributes: Mapping[str, str]) -> list[str]:
    """The colours of the cloth and its pattern; a plain one is not mentioned."""
    if attributes["pattern"] == "plain":
        return [attributes["colour"]]
    return [attributes["colour"], "and", attributes["second_colour"], attributes["pattern"]]


def _parts(attributes: Mapping[str, str]) -> list[str]:
    """What comes after "with"."""
    parts = []
    for name in PARTS:
        value = attributes.get(name, "sleeveless")
        if value != "sleeveless":
            parts.append(f"{value} sleeves" if name == "sleeve" else _with_article(value))
    if "trim" in attributes:
        plain = attributes["pattern"] == "plain"
        parts.append(f"{attributes['second_colour'] if plain else attributes['trim']} trim")
    return parts


def _with_article(part: str) -> str:
    """A part of a garment with its article, if it takes one."""
    head = part.split(" of ")[0]
    if head.endswith("s") or part == "cable knit":
        return part
    return f"{'an' if part[0] in 'aeiou' else 'a'} {part}"
