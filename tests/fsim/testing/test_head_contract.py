"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fsim.interfaces import Distance, Head
from fsim.plugin.parameters import injected_names
from fsim.testing.head_contract import SIZES, HeadContract


class Good(nn.Module):
    """A head that gives an embedding of unit length, and one more output."""

    gives: ClassVar[frozenset[str]] = frozenset({"embedding", "length"})
    distance: Distance = "cosine"

    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.embedding_dim = 6
        self.embed = nn.Linear(in_features, 6)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        embedding = self.embed(features).float()
        return {"embedding": F.normalize(embedding, dim=1), "length": embedding.square().sum(1)}


def suite(head: type) -> Any:
    """The suite on a head, which is given what it asks for."""

    class Suite(HeadContract):
        def make(self, **injected: Any) -> Head:
            asked = injected_names("head", head)
            return head(**{name: value for name, value in injected.items() if name in asked})  # type: ignore[no-any-return]

    return Suite()


class TestGood(HeadContract):
    def make(self, **injected: Any) -> Head:
        return Good(injected["in_features"])


class Manhattan(Good):
    distance = "manhattan"  # type: ignore[assignment]


class GivesWhenBuilt(Good):
    gives = property(lambda self: frozenset({"embedding", "length"}))  # type: ignore[assignment]


class Unannounced(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {**super().forward(features), "more": features}


class WrongWidth(Good):
    def __init__(self, in_features: int) -> None:
        super().__init__(in_features)
        self.embedding_dim = 8


class TooManyLogits(Good):
    gives: ClassVar[frozenset[str]] = frozenset({"embedding", "length", "logits"})

    def __init__(self, in_features: int, num_categories: int) -> None:
        super().__init__(in_features)
        self.category = nn.Linear(in_features, num_categories + 1)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {**super().forward(features), "logits": self.category(features)}


class IdleWeight(Good):
    def __init__(self, in_features: int) -> None:
        super().__init__(in_features)
        self.spare = nn.Linear(in_features, 2)


class Detached(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return super().forward(features.detach())


class NanForZero(Good):
    def __init__(self, in_features: int) -> None:
        super().__init__(in_features)
        nn.init.zeros_(self.embed.bias)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        embedding = self.embed(features)
        return {"embedding": embedding / embedding.norm(dim=1, keepdim=True), "length": embedding.square().sum(1)}


class Overflows(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {"embedding": self.embed(features), "length": self.embed(features).exp().sum(1)}


class Neighbours(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return super().forward(features - features.mean(0))


class Dropout(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return super().forward(F.dropout(features))


class Coarse(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        outputs = super().forward(features)
        return {
            **outputs,
            "length": outputs["length"] if not torch.is_autocast_enabled("cpu") else self.embed.bias.sum(),
        }


class Half(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {name: values.half() for name, values in super().forward(features).items()}


class HiddenWeights(Good):
    def __init__(self, in_features: int) -> None:
        super().__init__(in_features)
        self.scale = torch.rand(())  # no parameter and no buffer

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return super().forward(self.scale * features)


class OwnGenerator(Good):
    def __init__(self, in_features: int) -> None:
        super().__init__(in_features)
        nn.init.normal_(self.embed.weight, generator=torch.Generator().manual_seed(torch.seed() % 1000))


class Writes(Good):
    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return super().forward(features.mul_(0.5))


class SharesWeights(Good):
    def __deepcopy__(self, memo: Any) -> SharesWeights:
        return self


class ReadsNoCaptions(Good):
    def __init__(self, in_features: int) -> None:
        super().__init__(SIZES["in_features"])


@pytest.mark.parametrize(
    ("broken", "check", "arguments"),
    [
        (Manhattan, "test_has_the_members_of_a_head", ()),
        (GivesWhenBuilt, "test_has_the_members_of_a_head", ()),
        (Unannounced, "test_gives_what_it_promises", (4, SIZES)),
        (WrongWidth, "test_gives_what_it_promises", (4, SIZES)),
        (TooManyLogits, "test_gives_what_it_promises", (1, SIZES)),
        (Half, "test_gives_what_it_promises", (4, SIZES)),
        (IdleWeight, "test_every_weight_and_the_backbone_learn", ()),
        (Detached, "test_every_weight_and_the_backbone_learn", ()),
        (NanForZero, "test_odd_features_have_finite_outputs_and_gradients", (0.0,)),
        (Overflows, "test_odd_features_have_finite_outputs_and_gradients", (1e4,)),
        (Neighbours, "test_evaluation_repeats_and_an_image_knows_no_neighbours", ()),
        (Dropout, "test_evaluation_repeats_and_an_image_knows_no_neighbours", ()),
        (Coarse, "test_bfloat16_is_near", ()),
        (HiddenWeights, "test_its_weights_are_its_state", ()),
        (OwnGenerator, "test_weights_come_from_the_global_generator", ()),
        (Writes, "test_features_are_not_written_to", ()),
        (SharesWeights, "test_a_copy_is_a_head_of_its_own", ()),
        (ReadsNoCaptions, "test_reads_captions_unless_it_asks_for_labels", ()),
    ],
)
def test_a_mistake_is_found(broken: type, check: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises((AssertionError, RuntimeError)):
        getattr(suite(broken), check)(*arguments)


def test_a_head_that_asks_for_labels_reads_no_captions() -> None:
    with pytest.raises(pytest.skip.Exception):
        suite(TooManyLogits).test_reads_captions_unless_it_asks_for_labels()
