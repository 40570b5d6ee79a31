"""What every head must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyHead(HeadContract):
        def make(self, **injected: Any) -> Head:
            return MyHead(injected["in_features"], injected["num_categories"], embedding_dim=16)

`injected` holds `in_features`, `num_categories` and `num_attributes`; take those that your head asks for.

Shape legend: B batch, F features, D embedding, C categories, A attributes.
"""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn

from fsim.interfaces import Distance, Head
from fsim.plugin.interface_check import complete
from fsim.plugin.parameters import injected_names

SIZES = {"in_features": 12, "num_categories": 5, "num_attributes": 7}  # F, C, A


class HeadContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    def make(self, **injected: Any) -> Head:
        """A new head with these injected values."""
        raise NotImplementedError

    def test_has_the_members_of_a_head(self) -> None:
        head: Head = complete("head", "under test", self.head())
        assert isinstance(head, nn.Module)
        assert head.distance in get_args(Distance)
        assert type(head.embedding_dim) is int
        assert head.embedding_dim >= 1
        assert isinstance(type(head).gives, frozenset), "`gives` is read from the class, before a head is built"
        assert "embedding" in head.gives

    @pytest.mark.parametrize("batch", [1, 4])
    @pytest.mark.parametrize("sizes", [SIZES, {"in_features": 3, "num_categories": 1, "num_attributes": 1}], ids=str)
    def test_gives_what_it_promises(self, batch: int, sizes: dict[str, int]) -> None:
        head = self.head(**sizes).eval()
        outputs = self.outputs(head, features(batch, sizes["in_features"]))
        assert outputs["embedding"].shape == (batch, head.embedding_dim)
        if "logits" in outputs:
            assert outputs["logits"].shape == (batch, sizes["num_categories"])
        if "attribute_logits" in outputs:
            assert outputs["attribute_logits"].shape == (batch, sizes["num_attributes"])

    def test_every_weight_and_the_backbone_learn(self) -> None:
        head, given = self.head(), features(4).requires_grad_()
        self.backward(self.outputs(head, given))
        for name, weights in (*head.named_parameters(), ("the features", given)):
            assert weights.grad is not None, f"{name} is not in the graph"
            assert weights.grad.abs().sum() > 0, f"the gradient of {name} is zero"

    @pytest.mark.parametrize("scale", [0.0, 1e4], ids=["zero", "huge"])
    def test_odd_features_have_finite_outputs_and_gradients(self, scale: float) -> None:
        head, given = self.head(), (scale * features(4)).requires_grad_()
        self.backward(self.outputs(head, given))
        for name, weights in (*head.named_parameters(), ("the features", given)):
            assert weights.grad is None or weights.grad.isfinite().all(), f"the gradient of {name} is not finite"

    def test_evaluation_repeats_and_an_image_knows_no_neighbours(self) -> None:
        head, given = self.head().eval(), features(4)
        together = self.outputs(head, given)
        for name, values in self.outputs(head, given).items():
            assert torch.equal(values, together[name]), f"the same features have another {name}"
        for row in range(4):
            for name, values in self.outputs(head, given[row : row + 1]).items():
                torch.testing.assert_close(values[0], together[name][row], rtol=1e-4, atol=1e-5)

    def test_bfloat16_is_near(self) -> None:
        """Under autocast an output may be of bfloat16; the losses are given it in float32."""
        head, given = self.head().eval(), features(4)
        with torch.autocast("cpu", torch.bfloat16):
            low = {name: values.float() for name, values in head(given).items()}
        self.backward(low)
        for name, values in self.outputs(head, given).items():
            assert (low[name] - values).abs().max() <= 0.05 * values.abs().max(), f"{name} is far from float32's"

    def test_its_weights_are_its_state(self) -> None:
        head, other, given = self.head().eval(), self.head(seed=1).eval(), features(4)
        with torch.no_grad():
            for weights in head.parameters():
                weights += 0.01
        other.load_state_dict(head.state_dict())
        self.same(self.outputs(other, given), self.outputs(head, given))

    def test_weights_come_from_the_global_generator(self) -> None:
        again = self.head().state_dict()
        for name, tensor in self.head().state_dict().items():
            torch.testing.assert_close(again[name], tensor, rtol=0, atol=0, msg=f"{name} differs for the same seed")

    def test_features_are_not_written_to(self) -> None:
        head, given = self.head(), features(4)
        self.outputs(head, given)
        assert torch.equal(given, features(4)), "the features were written to"

    def test_a_copy_is_a_head_of_its_own(self) -> None:
        head, given = self.head().eval(), features(4)
        before = self.outputs(head, given)
        other = copy.deepcopy(head)
        self.same(self.outputs(other, given), before)
        with torch.no_grad():
            for weights in other.parameters():
                weights.zero_()
        self.same(self.outputs(head, given), before)

    def test_reads_captions_unless_it_asks_for_labels(self) -> None:
        """As `model.text_head` it is given the features of captions, and nothing else."""
        if injected_names("head", type(self.head())) & {"num_categories", "num_attributes"}:
            pytest.skip("it asks for labels, which captions have not")
        torch.manual_seed(0)
        head: Any = self.make(in_features=9)
        assert self.outputs(head.eval(), features(2, 9))["embedding"].shape == (2, head.embedding_dim)
        assert head.distance == self.head().distance

    def head(self, seed: int = 0, **sizes: int) -> Any:
        """The head under test."""
        torch.manual_seed(seed)
        return self.make(**{**SIZES, **sizes})

    def outputs(self, head: Any, given: Tensor) -> dict[str, Tensor]:
        """[B, F] -> what the head gives, held against what it promises."""
        outputs: dict[str, Tensor] = head(given)
        assert set(outputs) == head.gives, "`gives` must name every output of forward"
        for name, values in outputs.items():
            assert len(values) == len(given), f"{name} is not of each image"
            assert values.dtype == torch.float32
            assert values.isfinite().all(), f"{name} is NaN or infinite"
        return outputs

    def backward(self, outputs: dict[str, Tensor]) -> None:
        """Leave in the weights the gradient of a drawn mixture of all outputs."""
        draw = torch.Generator().manual_seed(1)
        mixed = [(values * torch.randn(values.shape, generator=draw)).sum() for values in outputs.values()]
        torch.stack(mixed).sum().backward()  # type: ignore[no-untyped-call]

    def same(self, outputs: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
        """Hold the outputs of two heads against each other."""
        for name, values in outputs.items():
            assert torch.equal(values, expected[name]), f"{name} differs"


def features(batch: int, in_features: int = SIZES["in_features"]) -> Tensor:
    """Float32 [batch, in_features]."""
    return torch.randn(batch, in_features, generator=torch.Generator().manual_seed(2))
