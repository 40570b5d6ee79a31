"""What a search begins with, as questions to one index or several: a picture that was sent, or one of the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.serving.asked import Asked
from fsim.serving.comparisons import Comparisons
from fsim.serving.limits import Limits
from fsim.serving.questions import Question
from fsim.serving.refused import RefusedError
from fsim.serving.served import Served
from fsim.serving.uploads import Upload


def questions_of(
    asked: Asked, arms: Sequence[Served], comparisons: Comparisons, limits: Limits
) -> tuple[str, list[Question]]:
    """The name of the query, and the question to each index. Decodes pictures: for a thread beside the loop.

    Raises:
        RefusedError: there is no such image, or the picture can't be used.
    """
    if asked.image is not None:
        upload = Upload(asked.image.file.read(), asked.box)
        return upload.name, [Question(arm, asked.wish, upload.pixels(arm.embedder, limits)) for arm in arms]
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
