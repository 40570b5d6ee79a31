"""The search for a learning rate as a page."""

from __future__ import annotations

from fsim.pages.line_chart import line_chart
from fsim.pages.page import Page, Picture, Section, Table
from fsim.pages.svg import data_uri
from fsim.runtime.display import number
from fsim.training.learning_rate_finder import RateCurve


def learning_rate_page(name: str, curve: RateCurve, line: str) -> Page:
    """The curve with the suggested rate, the line for the recipe, and the numbers of every step."""
    first, lowest = curve.losses[0], curve.losses[curve.lowest]
    highest = first + 2 * (first - lowest)  # where it diverges the picture ends: the rest would be flat in it
    places = range(curve.lowest, len(curve.losses))
    end = next((place for place in places if curve.losses[place] > highest), len(curve.losses))
    chart = line_chart(
        {"loss": list(zip(curve.rates[:end], curve.losses[:end], strict=True))},
        marked=curve.suggestion,
        below="learning rate",
        logarithmic=True,
    )
    text = (
        "One step of training at each learning rate, from the first weights on. The loss is a running mean. Dashed: "
        f"the rate at which it falls most steeply. For the recipe: {line}"
    )
    rows = [
        [str(step), f"{rate:.2e}", f"{loss:.4f}"]
        for step, (rate, loss) in enumerate(zip(curve.rates, curve.losses, strict=True), start=1)
    ]
    section = Section(
        "Loss over learning rate",
        text,
        charts=[Picture(data_uri(chart), "Loss, as a running mean")],
        more=[Table(["step", "learning rate", "loss"], rows)],
    )
    figures = {"suggested learning rate": f"{curve.suggestion:.1e}", "lowest loss": number(lowest)}
    return Page(f"{name}: learning rate", "By fsim lr-find.", figures, [section])
