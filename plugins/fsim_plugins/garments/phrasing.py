"""Several captions of a picture: the full sentence, and others in other words that say less."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from random import Random

from fsim_plugins.garments.caption import caption, start_of, with_parts
from fsim_plugins.garments.wordings import MATERIALS, NOUNS, PARTICIPLES, PATTERNS, SPELLINGS, WORDINGS

LENGTHS = ((0, 1), (2, 2), (3, 9))  # fewest and most attributes of a short, a medium and a long caption
ORDER = (*WORDINGS, "pattern", "material", "trim")
# Shares of "a dress in red", "red dress, long sleeves", "red dress", "with white stripes" and "in cotton".
COLOUR_LAST, LISTED, BARE, FIGURES, MADE_OF = 0.4, 0.3, 0.3, 0.4, 0.4


def captions(category: str, attributes: Mapping[str, str], key: str, number: int) -> list[str]:
    """The first `number` captions of a picture, all different; asking for more changes none of them.

    Number 0 is the full sentence of `caption`; behind it a short, a medium and a long one take turns. Each names the
    item's colour, and its category or style.

    Args:
        attributes: as the catalog lists them.
        key: of the picture: another key, other words.
    """
    captions = [caption(category, attributes)]
    while len(captions) < number:
        length = LENGTHS[(len(captions) - 1) % len(LENGTHS)]
        tries = (_phrase(category, attributes, length, Random(f"{key}/caption {len(captions)}/{n}")) for n in count())
        captions.append(next(text for text in tries if text not in captions))
    return captions


def nouns(category: str, attributes: Mapping[str, str]) -> tuple[str, ...]:
    """What an item may be called."""
    if "style" in attributes:
        return (*NOUNS[attributes["style"]], category)
    return NOUNS["cardigan" if attributes.get("closure") == "row of buttons" else category]


def spellings(colour: str) -> tuple[str, ...]:
    """How the name of a colour may be written."""
    return SPELLINGS.get(colour, (colour,))


def _phrase(category: str, attributes: Mapping[str, str], length: tuple[int, int], random: Random) -> str:
    names = [name for name in ORDER if name in attributes]
    if attributes["pattern"] == "plain" and ("detail" in attributes or "trim" in attributes):
        names.remove("pattern")  # cloth is called plain where nothing else is on it
    chosen = random.sample(names, min(random.randint(*length), len(names)))
    phrase = _Phrase(category, attributes, random)
    for name in names:
        if name in chosen:
            phrase.tell(name)
    return phrase.text()


class _Phrase:
    """A phrase in the making: an item's noun and colour, and what is said of it step by step."""

    def __init__(self, category: str, attributes: Mapping[str, str], random: Random) -> None:
        self.attributes, self.random = attributes, random
        self.category, self.noun = category, random.choice(nouns(category, attributes))
        self.colours = random.choice(spellings(attributes["colour"]))
        self.second = random.choice(spellings(attributes.get("second_colour", "")))
        self.colour_last = random.random() < COLOUR_LAST
        self.link, self.material = "in", ""  # around a colour that comes last: "*in* red *cotton*"
        self.before: list[str] = []
        self.cloth: list[str] = []
        self.near: list[str] = []
        self.after: list[str] = []
        self.parts: list[str] = []

    def tell(self, name: str) -> None:
        if name == "pattern":
            self._tell_pattern()
        elif name == "material":
            self._tell_material()
        elif name == "trim":
            plain = self.attributes["pattern"] == "plain"
            self.parts.append(f"{self.second} trim" if plain else "contrasting trim")
        else:
            wording = WORDINGS[name][self.attributes[name]]
            ways = [(self.before, words) for words in wording.before]
            ways += [(self.near, words) for words in wording.near]
            ways += [(self.after, words) for words in wording.after if not self.colour_last]
            ways += [(self.parts, words) for words in wording.parts]
            place, words = self.random.choice(ways)
            place.insert(0 if place is self.near else len(place), words)  # a v-neck mini A-line dress

    def _tell_pattern(self) -> None:
        if self.attributes["pattern"] == "plain":
            self.before.append("plain")
            return
        pattern = PATTERNS[self.attributes["pattern"]]
        if pattern.figures and self.random.random() < FIGURES:
            self.parts.insert(0, f"{self.second} {self.random.choice(pattern.figures)}")
            return
        adjective, both = self.random.choice(pattern.adjectives), self.random.random() < 0.5
        if both:
            self.colours = f"{self.colours} and {self.second}"
        if both and self.colour_last and adjective in PARTICIPLES:
            self.link = f"{adjective} in"
        else:
            self.cloth.append(adjective)

    def _tell_material(self) -> None:
        adjectives, material = MATERIALS[self.attributes["material"]]
        adjectives = tuple(one for one in adjectives if one not in self.noun.split())  # no denim denim jacket
        named_last = material and adjectives and self.random.random() < MADE_OF
        if named_last and self.colour_last and self.link == "in":
            self.material = material
        elif named_last and not self.colour_last and not self.after:
            self.after.append(self.random.choice((f"in {material}", f"made of {material}")))
        elif adjectives:
            self.cloth.append(self.random.choice(adjectives))

    def text(self) -> str:
        start = self.before if self.colour_last else [*self.before, self.colours]
        end = [self.link, self.colours, self.material] if self.colour_last else []
        words = " ".join(filter(None, [*start, *self.cloth, *self.near, self.noun, *end, *self.after]))
        if self.parts and self.random.random() < LISTED:
            return ", ".join([words, *(re.sub("^an? ", "", part) for part in self.parts)])
        if self.random.random() >= BARE:
            words = start_of(self.category, words)
        return with_parts(words, self.parts)
