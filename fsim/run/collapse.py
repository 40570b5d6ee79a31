"""Alarms of a network that has collapsed, or that learns nothing: each names the cause and the remedy.

The thresholds stand between what was measured on generated garments (ResNet-18, 32 px, after 20 to 66 steps) of healthy
runs, at the learning rate 1e-3 of the recipes, and of runs made to collapse by a learning rate of 1:

                    healthy          collapsed
    effective rank  13 and more      1.0 to 14 (so a higher threshold would not help)
    spread          0.02 and more    0 to 0.005
    duplicates      0                0.94 to 1, or 0

After 2 steps the lowest effective rank of all recipes is 1.85, of a VGG-16 without batch norm.
"""

from __future__ import annotations

from collections.abc import Mapping

from fsim.store.metric_lines import Alarm

LEAST_EFFECTIVE_RANK = 1.5
LEAST_SPREAD = 1e-3
MOST_DUPLICATES = 0.5
# A loss between these parts of what a collapse costs stands there. One far above is not unhealthy by itself: of the
# hardest triplets it is ten times the margin and falling while the recall rises.
AT_COLLAPSE, ABOVE_COLLAPSE = 0.99, 1.05
STEPS = 40  # optimizer steps before a loss is judged
IDLE, ALL = 0.1, 0.99  # shares of active negative pairs or triplets


def alarms(
    split: str,
    health: Mapping[str, float | None],
    signs: Mapping[str, float | None],
    steps: int,
    learning_rate: float | None,
) -> list[Alarm]:
    """Return the alarms after an evaluation; none for a healthy run.

    Args:
        split: where `health` was measured.
        health: of `fsim.functional.clusters.embedding_health`.
        signs: of `fsim.training.losses` for the losses on embeddings, means over the last steps of an epoch; may
            be empty.
        steps: optimizer steps done.
        learning_rate: of the optimizer; None where it has no such setting.
    """
    lower = "lower train.optimizer.lr" + ("" if learning_rate is None else f" (now {learning_rate:g}) tenfold")
    found = _of_losses(signs, steps, lower)
    collapsed = _of_embeddings(health)
    if collapsed:
        remedy = found[0].remedy if found else f"{lower}; if it stays, raise the loss's margin or temperature"
        found.insert(0, Alarm(cause=f"the embeddings of {split} have collapsed: {collapsed}", remedy=remedy))
    return found


def _of_embeddings(health: Mapping[str, float | None]) -> str:
    """Say how the embeddings have collapsed; an empty text where they have not."""
    rank, spread, duplicates = (_number(health, name) for name in ("effective_rank", "spread", "duplicates"))
    signs = {
        f"effective rank {rank:.2f}, so they lie almost on a line": rank < LEAST_EFFECTIVE_RANK,
        f"spread {spread:.1e} of their length, so they are nearly one": spread < LEAST_SPREAD,
        f"{duplicates:.0%} of them are the same as another's": duplicates > MOST_DUPLICATES,
    }
    return "; ".join(text for text, holds in signs.items() if holds)


def _of_losses(signs: Mapping[str, float | None], steps: int, lower: str) -> list[Alarm]:
    found = []
    for name in dict.fromkeys(sign.rpartition("/")[0] for sign in signs):
        loss, collapsed = _number(signs, f"{name}/loss"), _number(signs, f"{name}/collapsed")
        negatives, triplets = (_number(signs, f"{name}/active_{sort}") for sort in ("negatives", "triplets"))
        stands = f"the loss {name} stands at {loss:.3g}, and costs {collapsed:.3g} where all embeddings are one"
        if collapsed == 0 and loss > 0 and (negatives >= 0 or triplets >= 0):
            cause = f"nothing in the loss {name} keeps embeddings apart: it is lowest where all are one"
            remedy = f"give {name} a margin above 0, and see that the sampler draws negative pairs"
        elif steps < STEPS or not loss >= AT_COLLAPSE * collapsed > 0:
            continue
        elif negatives <= IDLE:
            cause = f"{stands}; only {negatives:.1%} of its negative pairs cost anything"
            remedy = f"{lower}; or raise the margin of {name}, which is small beside the distances of the embeddings"
        elif loss <= ABOVE_COLLAPSE * collapsed and not (negatives < ALL or triplets < ALL):
            cause = stands
            remedy = f"{lower}; if it stays, take an easier mining, or another margin or temperature for {name}"
        else:
            continue
        found.append(Alarm(cause=cause, remedy=remedy))
    return found


def _number(values: Mapping[str, float | None], name: str) -> float:
    """Return a value, or NaN, for which no threshold holds, where there is none."""
    value = values.get(name)
    return float("nan") if value is None else value
