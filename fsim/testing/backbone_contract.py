"""What every backbone must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyBackbone(BackboneContract):
        sizes = (64, 97)

        def make(self) -> Backbone:
            return MyBackbone(width=16)

Shape legend: B batch, S image size, F features.
"""

from __future__ import annotations

import copy
import math
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from fsim.interfaces import Backbone, BackbonePreparation
from fsim.plugin.interface_check import complete


class BackboneContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    sizes: ClassVar[tuple[int, ...]] = (64,)  # image sizes S that it takes
    idle: ClassVar[tuple[str, ...]] = ()  # parts of names of weights that no image reaches
    rounding: ClassVar[float] = 1e-4  # by how much of the largest feature another order of sums may change one

    def make(self) -> Backbone:
        """A new backbone."""
        raise NotImplementedError

    def test_has_the_members_of_a_backbone(self) -> None:
        network: Backbone = complete("backbone", "under test", self.backbone())
        assert isinstance(network, nn.Module)
        assert type(network.out_features) is int
        assert network.out_features >= 1

    def test_a_stated_preparation_is_one_that_it_takes(self) -> None:
        network: Backbone = complete("backbone", "under test", self.backbone().eval())
        assert network.preparation is None or isinstance(network.preparation, BackbonePreparation)
        if network.preparation is not None and network.preparation.size is not None:
            self.features(network, images(2, network.preparation.size))

    def test_images_become_features(self) -> None:
        network = self.backbone().eval()
        for size in self.sizes:
            for batch in (1, 3):
                self.features(network, images(batch, size))

    def test_features_depend_on_the_image(self) -> None:
        first, second = self.features(self.backbone().eval(), images(2, self.sizes[0]))
        assert not torch.equal(first, second), "two different images have the same features"

    def test_every_weight_learns(self) -> None:
        network = self.backbone().eval()
        self.backward(self.features(network, images(3, self.sizes[0])))
        for name, weights in network.named_parameters():
            if not any(part in name for part in self.idle):
                assert weights.grad is not None, f"{name} is not in the graph"
                assert weights.grad.abs().sum() > 0, f"the gradient of {name} is zero"

    def test_training_gives_finite_features_and_gradients(self) -> None:
        network = self.backbone().train()
        self.backward(self.features(network, images(4, self.sizes[0])))
        for name, weights in network.named_parameters():
            assert weights.grad is None or weights.grad.isfinite().all(), f"the gradient of {name} is not finite"

    def test_evaluation_repeats_and_an_image_knows_no_neighbours(self) -> None:
        network = self.backbone().eval()
        for size in self.sizes:
            batch = images(3, size)
            together = self.features(network, batch)
            assert torch.equal(self.features(network, batch), together), "the same images have other features"
            for row in range(3):
                self.near(self.features(network, batch[row : row + 1])[0], together[row])

    def test_its_weights_are_its_state(self) -> None:
        network, other, batch = self.backbone().eval(), self.backbone(seed=1).eval(), images(2, self.sizes[0])
        with torch.no_grad():
            for weights in network.parameters():
                weights *= 1.01
        other.load_state_dict(network.state_dict())
        assert torch.equal(self.features(other, batch), self.features(network, batch))

    def test_weights_come_from_the_global_generator(self) -> None:
        again = self.backbone().state_dict()
        for name, tensor in self.backbone().state_dict().items():
            torch.testing.assert_close(again[name], tensor, rtol=0, atol=0, msg=f"{name} differs for the same seed")

    def test_images_are_not_written_to(self) -> None:
        network = self.backbone()
        for training in (True, False):
            batch = images(2, self.sizes[0])
            before = batch.clone()
            self.features(network.train(training), batch)
            assert torch.equal(batch, before), "the images were written to"

    def test_the_order_of_an_image_in_memory_does_not_matter(self) -> None:
        network, batch = self.backbone().eval(), images(2, self.sizes[0])
        expected = self.features(network, batch)
        channels_last = batch.to(memory_format=torch.channels_last)
        self.near(self.features(network, channels_last), expected)
        self.near(self.features(network.to(memory_format=torch.channels_last), channels_last), expected)

    def test_a_copy_is_a_network_of_its_own(self) -> None:
        network, batch = self.backbone().eval(), images(2, self.sizes[0])
        other, before = copy.deepcopy(network), self.features(network, batch)
        assert torch.equal(self.features(other, batch), before)
        with torch.no_grad():
            for weights in other.parameters():
                weights.zero_()
        assert torch.equal(self.features(network, batch), before), "the copy shares weights with its original"

    def test_bfloat16_gives_finite_features(self) -> None:
        network = self.backbone().eval()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            features = network(images(2, self.sizes[0]))
        assert features.shape == (2, network.out_features)
        assert features.isfinite().all()

    @pytest.mark.parametrize("size", [1, 7, 20])
    def test_an_image_that_is_too_small_is_refused(self, size: int) -> None:
        """Or has features; NaN would only be found in training."""
        network = self.backbone().eval()
        with torch.no_grad():
            try:
                features = network(images(1, size))
            except (RuntimeError, ValueError):
                return
        assert features.isfinite().all(), f"features of an image of {size} px are NaN or infinite"

    def backbone(self, seed: int = 0) -> Any:
        """The backbone under test."""
        torch.manual_seed(seed)
        return self.make()

    def features(self, network: Any, batch: Tensor) -> Tensor:
        """[B, 3, S, S] -> [B, F], held against what is promised."""
        features: Tensor = network(batch)
        assert features.shape == (len(batch), network.out_features)
        assert features.dtype == torch.float32
        assert features.isfinite().all(), f"features of images of {batch.shape[-1]} px are NaN or infinite"
        return features

    def backward(self, features: Tensor) -> None:
        """Leave in the weights the gradient of a drawn mixture of the features."""
        towards = torch.randn(features.shape, generator=torch.Generator().manual_seed(1))
        (features * towards).sum().backward()  # type: ignore[no-untyped-call]

    def near(self, features: Tensor, expected: Tensor) -> None:
        """Hold two features of one image against each other."""
        largest = max(float(expected.detach().abs().max()), math.ulp(0.0))
        torch.testing.assert_close(features, expected, rtol=0, atol=self.rounding * largest)


def images(batch: int, size: int) -> Tensor:
    """Float32 [batch, 3, size, size] as a dataset gives them once they are normalised."""
    return torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(size))
