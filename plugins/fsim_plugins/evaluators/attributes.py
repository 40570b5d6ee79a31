"""Whether the head knows which attributes an image has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from fsim.errors import FsimError, nearest
from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.functional.retrieval.retrieval_metrics import Depths
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.evaluators.attribute_metrics import Floats, average_precision_of_attribute, found_among_first


class Attributes:
    """Ranks the attributes of each query image by the head's attribute logits, and asks where those stand that it has.

        recall@k           the attributes of each type are ranked by themselves; TP@k / P, with P all attributes of all
                           images, and TP@k those of them that are among the first k of their type
        untyped_recall@k   the same, with all attributes in one ranking
        <type>/recall@k    recall@k of one type, for those that `types` names
        macro_recall@k     mean over attributes of TP@k / P, each of that attribute alone
        map                mean over attributes of the average precision, over the images, of its logits; with images of
                           equal logit taken together, as scikit-learn's `average_precision_score`
        num_attributes     attributes that an image is known to have: those that macro_recall and map count. Neither
                           more nor fewer is better; every metric has a direction

    Liu et al., "DeepFashion: powering robust clothes recognition and retrieval with rich annotations", CVPR 2016,
    section 5.1 and table 2, report recall@3 and recall@5 by type and over all, summed over images and attributes as
    recall@k here. The paper does not say whether its column "All" is one ranking or one a type; it lies near the mean
    of the types, which points to the second, recall@k.

    All are 0 to 1. What is unknown of an image is not ranked. Equal logits rank in the order of the attributes. A type
    of no more than k attributes has recall@k 1, whatever the head says: look at `map`, or at smaller k. NaN: every
    metric where no image is known to have an attribute, a type's where none has one of that type.

    Args:
        k: the depths for recall, each 1 or more. The paper: 3 and 5.
        types: types of attribute to measure apart too; the paper's are texture, fabric, shape, part and style.

    Raises:
        FsimError: the data has no attribute of a type that `types` names; logits that are not finite.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"attribute_logits", "attributes"})

    def __init__(self, k: Depths = (3, 5), types: Sequence[str] = ()) -> None:
        if len(set(types)) < len(types):
            raise ValueError(f"each type once: {', '.join(sorted(set(types)))}")
        self.k = k
        self.types = types

    @property
    def directions(self) -> Mapping[str, Direction]:
        recalls = [f"recall@{depth}" for depth in self.k]
        prefixes = ("", "untyped_", "macro_", *(f"{one}/" for one in self.types))
        names = [prefix + recall for prefix in prefixes for recall in recalls]
        return dict.fromkeys((*names, "map", "num_attributes"), "max")

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        assert task.query.attributes is not None and task.query.attribute_logits is not None
        labels, logits = task.query.attributes, task.query.attribute_logits.numpy()  # [N, A] both
        _check_finite(logits)
        types = np.array(labels.types)
        for one in self.types:
            if one not in labels.types:
                raise FsimError(f"no attribute has the type '{one}'{nearest(one, set(labels.types))}")
        num_positive = labels.counts().having  # [A]
        has_any = num_positive > 0
        measures = {}
        for depth in self.k:
            found = _found_within_types(logits, labels, depth)  # [A]
            measures[f"recall@{depth}"] = _share(found, num_positive)
            measures[f"untyped_recall@{depth}"] = _share(found_among_first(logits, labels.values, depth), num_positive)
            measures[f"macro_recall@{depth}"] = _mean(found[has_any] / num_positive[has_any])
            for one in self.types:
                measures[f"{one}/recall@{depth}"] = _share(found[types == one], num_positive[types == one])
        measures["map"] = _mean([*_average_precisions(logits, labels, np.flatnonzero(has_any))])
        return {**measures, "num_attributes": float(has_any.sum())}


def _found_within_types(logits: Floats, labels: AttributeLabels, k: int) -> np.ndarray:
    """[A] images of which each attribute is among the first k of its type."""
    types = np.array(labels.types)
    found = np.zeros(len(types), np.int64)
    for one in sorted(set(labels.types)):
        columns = np.flatnonzero(types == one)
        found[columns] = found_among_first(logits[:, columns], labels.values[:, columns], k)
    return found


def _average_precisions(logits: Floats, labels: AttributeLabels, columns: np.ndarray) -> Iterator[float]:
    for column in columns:
        yield average_precision_of_attribute(logits[:, column], labels.values[:, column])


def _check_finite(logits: Floats) -> None:
    unfit = int((~np.isfinite(logits)).any(1).sum())
    if unfit:
        raise FsimError(
            f"the attribute logits of {unfit} of {len(logits)} images are NaN or infinite: "
            "the network has diverged; lower the learning rate"
        )


def _share(found: np.ndarray, of: np.ndarray) -> float:
    return float(found.sum() / of.sum()) if of.sum() else math.nan


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else math.nan
