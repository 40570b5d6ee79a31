"""What a search begins with, as questions to one index or several: a picture sent or of the catalog, or words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fsim.errors import FsimError
from fsim.serving.asked import Asked
from fsim.serving.comparisons import Comparisons
from fsim.serving.limits import Limits
from fsim.serving.questions import Question
from fsim.serving.refused import RefusedError
from fsim.serving.served import Served
from fsim.serving.uploads import Upload


@dataclass(frozen=True)
class Begun:
    """
    name           of the query; the picture's says nothing of what it shows
    unknown_words  of its text, that an index's network does not know
    questions      to each index
    """

    name: str
    unknown_words: list[str]
    questions: list[Question]


def questions_of(asked: Asked, arms: Sequence[Served], comparisons: Comparisons, limits: Limits) -> Begun:
    """The question to each index. Decodes pictures: for a thread beside the loop.

    Raises:
        RefusedError: there is no such image, or the picture or the text can't be used.
    """
    unknown = [] if asked.text is None else _unknown_words(asked.text, arms)
    name, questions = _of_picture(asked, arms, comparisons, limits)
    if asked.text is not None:
        text = f"text:{asked.text}"
        name = f"{name} {1 - asked.weight:g}, {text} {asked.weight:g}" if name else text
        questions = [replace(one, text=asked.text, weight=asked.weight) for one in questions]
    return Begun(name, unknown, questions)


def _unknown_words(text: str, arms: Sequence[Served]) -> list[str]:
    """The words that a network does not know, each once.

    Raises:
        RefusedError: one knows none of them, or does not read.
    """
    unknown: dict[str, None] = {}
    for arm in arms:
        if arm.embedder.reader is None:
            raise RefusedError(422, "text: what is served here does not read: search by an image")
        try:
            unknown.update(dict.fromkeys(arm.embedder.reader.left_out(text)))
        except FsimError as error:
            raise RefusedError(422, str(error)) from None
    return list(unknown)


def _of_picture(
    asked: Asked, arms: Sequence[Served], comparisons: Comparisons, limits: Limits
) -> tuple[str, list[Question]]:
    """The name of the picture, where there is one, and the question to each index without a text."""
    if asked.image is not None:
        upload = Upload(asked.image.file.read(), asked.box)
        return upload.name, [Question(arm, asked.wish, upload.pixels(arm.embedder, limits)) for arm in arms]
    if asked.id is None and asked.shown is None:
        return "", [Question(arm, asked.wish) for arm in arms]
    served, row = _place(asked, arms[0], comparisons)
    name = f"id:{served.index.images.columns['id'][row]}"
    return name, [_question_by_row(asked, arm, served, row, limits) for arm in arms]


def _place(asked: Asked, first: Served, comparisons: Comparisons) -> tuple[Served, int]:
    """The index that an image is in, and its row."""
    if asked.shown is not None:
        token, _, rest = asked.shown.partition("/")
        side, _, place = rest.partition("/")
        return comparisons.image(token, side, int(place) if place.isascii() and place.isdigit() else -1)
    return first, row_of(first, asked.id or "")


def row_of(served: Served, number: str) -> int:
    """The row of an image by its id.

    Raises:
        RefusedError: there is none.
    """
    row = served.index.rows.get(number)
    if row is None:
        raise RefusedError(404, "there is no image of this id: it may have been taken out of the index")
    return row


def _question_by_row(asked: Asked, arm: Served, served: Served, row: int, limits: Limits) -> Question:
    """The image of one index as a question to another: by its embedding there, where it is there."""
    if arm is served:
        return Question(arm, asked.wish, row=row)
    there = arm.places.get(served.index.images.columns["image"][row])
    if there is not None:
        return Question(arm, asked.wish, row=there)
    thumbnail = served.index.images.thumbnail(row)
    return Question(arm, asked.wish, Upload(thumbnail, None).pixels(arm.embedder, limits))
