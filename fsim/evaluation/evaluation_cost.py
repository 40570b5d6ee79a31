"""What an evaluation will cost in seconds and memory, said before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fsim.evaluation.protocol import Protocol
from fsim.interfaces import Cost, Evaluator


def say_cost(
    protocols: Sequence[Protocol], evaluators: Mapping[str, Evaluator], dimensions: int, say: Callable[[str], None]
) -> None:
    """Say one line for each protocol and evaluator that takes a second or more, or else one line for all.

    Nothing is said of evaluators that offer no `cost`.

    Args:
        dimensions: of an embedding.
        say: called with each line.
    """
    costs: list[tuple[Protocol, str, Cost]] = []
    for protocol in protocols:
        num_gallery = None if protocol.gallery is None else len(protocol.gallery_rows)
        for name, evaluator in evaluators.items():
            cost = evaluator.cost(len(protocol.query_rows), num_gallery, dimensions)
            if cost is not None:
                costs.append((protocol, name, cost))
    slow = [(protocol, name, cost) for protocol, name, cost in costs if cost.seconds >= 1]
    for protocol, name, cost in slow:
        sizes = f"{len(protocol.query_rows):,} queries in {len(protocol.gallery_rows):,} images"
        say(f"evaluation of {protocol.split}: {sizes} by {name}: {cost_text(cost)}")
    if costs and not slow:
        names = ", ".join(dict.fromkeys(name for _, name, _ in costs))
        most = Cost(max(cost.seconds for *_, cost in costs), max(cost.bytes for *_, cost in costs))
        say(f"evaluation by {names}: {cost_text(most)}")


def cost_text(cost: Cost) -> str:
    """Write a cost: `under a second, 3 MB`, `about 62 minutes, 3.9 GB`."""
    return f"{_seconds_text(cost.seconds)}, {_bytes_text(cost.bytes)}"


def _seconds_text(seconds: float) -> str:
    if seconds < 1:
        return "under a second"
    for unit, length in (("second", 1), ("minute", 60)):
        number = round(seconds / length)
        if number < 100:
            return f"about {number} {unit}{'s' if number > 1 else ''}"
    return f"about {seconds / 3600:.1f} hours"


def _bytes_text(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"
