"""Test suites for components, one for each kind: classes to inherit, for authors of plugins.

`CONTRACTS` names them as `module:class`, so that whoever reads the names need not import pytest.
"""

CONTRACTS = {
    "dataset": "fsim.testing.dataset_contract:DatasetContract",
    "augmentation": "fsim.testing.augmentation_contract:AugmentationContract",
    "backbone": "fsim.testing.backbone_contract:BackboneContract",
    "text_encoder": "fsim.testing.text_encoder_contract:TextEncoderContract",
    "head": "fsim.testing.head_contract:HeadContract",
    "loss": "fsim.testing.loss_contract:LossContract",
    "sampler": "fsim.testing.sampler_contract:SamplerContract",
    "evaluator": "fsim.testing.evaluator_contract:EvaluatorContract",
    "index": "fsim.testing.index_contract:IndexContract",
    "projection": "fsim.testing.projection_contract:ProjectionContract",
    "optimizer": "fsim.testing.optimizer_contract:OptimizerContract",
    "scheduler": "fsim.testing.scheduler_contract:SchedulerContract",
    "tracker": "fsim.testing.tracker_contract:TrackerContract",
    "layout": "fsim.testing.layout_contract:LayoutContract",
    "download": "fsim.testing.download_contract:DownloadContract",
}
