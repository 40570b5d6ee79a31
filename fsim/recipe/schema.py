"""The structure of a recipe: every key with its type, range and default."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, FilePath, Tag
from pydantic_core import to_jsonable_python

from fsim.interfaces import Interpolation, JunkLabel, Label, Resize
from fsim.plugin.settings import ComponentSettings, LossSettings, ProjectionSettings
from fsim.recipe.expectation import Expectation
from fsim.recipe.search_space import SearchedValue

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
Share = Annotated[float, Field(ge=0, le=1)]
AUTO = "auto"
BackupPart = Literal[
    "checkpoints", "embeddings", "evaluations", "exports", "indexes", "per_query", "projections", "tensorboard"
]
BACKUP_PARTS: tuple[BackupPart, ...] = get_args(BackupPart)


def _form(value: Any) -> str | None:
    if value == AUTO:
        return AUTO
    return "numbers" if isinstance(value, list) else None


# Of each channel, in 0..1; auto: measured over the training images, as the network sees them.
OF_CHANNELS = Discriminator(
    _form,
    custom_error_type="of_channels",
    custom_error_message="must be three numbers (red, green, blue), such as [0.5, 0.5, 0.5], or the word auto",
)
Auto = Annotated[Literal["auto"], Tag(AUTO)]
Mean = Annotated[list[float], Field(min_length=3, max_length=3), Tag("numbers")]
Expected = Annotated[str, BeforeValidator(lambda text: Expectation.of(text).text)]
Std = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=3, max_length=3), Tag("numbers")]


class RecipeSection(BaseModel):
    """A part of a recipe: unknown keys are errors, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class DataSettings(RecipeSection):
    """Which images, and how they reach the network."""

    dataset: ComponentSettings
    image_size: Annotated[int, Field(ge=8, le=2048)] = 96  # pixels, the side of the square that the network sees
    resize: Resize = "squash"  # how a picture becomes square
    crop_share: Annotated[float, Field(ge=0.1, le=1)] | None = None  # timm's crop_pct: the square is the middle of more
    interpolation: Interpolation = "bilinear"  # of resizing, antialiased
    box: Literal["crop", "ignore"] = "crop"  # whether a picture is cut by its box, where it has one
    box_padding: Annotated[int, Field(ge=0)] = 0  # pixels of image_size around the box's content, on each side
    augmentation: ComponentSettings = ComponentSettings(name="none")  # of the training images
    mean: Annotated[Mean | Auto, OF_CHANNELS] = list(IMAGENET_MEAN)
    std: Annotated[Std | Auto, OF_CHANNELS] = list(IMAGENET_STD)
    max_damaged: Share = 0.01  # a larger share of unreadable images stops the run
    overfit: Annotated[int, Field(ge=4)] | None = None  # train and evaluate on so many fixed training images only
    workers: Annotated[int, Field(ge=0)] = 0  # processes that prepare batches; the numbers do not depend on it


class VocabularySettings(RecipeSection):
    """Which words of the training images' captions a text encoder that has none of its own learns."""

    min_count: Annotated[int, Field(ge=1)] = 1  # how often a word must be there
    max_words: Annotated[int, Field(ge=1)] = 30_000  # of more the most frequent
    max_length: Annotated[int, Field(ge=1, le=4096)] = 64  # words of a caption that count, from its beginning


class ModelSettings(RecipeSection):
    """The network: images -> backbone -> features -> head -> embedding (and logits); captions -> text_encoder ->
    features -> text_head -> embedding in the same space."""

    backbone: ComponentSettings
    head: ComponentSettings
    text_encoder: ComponentSettings | None = None  # null: the captions are not looked at
    text_head: ComponentSettings | None = None  # null: a linear layer to the dimensions of head
    vocabulary: VocabularySettings = VocabularySettings()


class CheckpointSettings(RecipeSection):
    """When a run's state is saved beside the end of each epoch, and what is kept."""

    every_steps: Annotated[int, Field(ge=1)] | None = None
    every_minutes: Annotated[float, Field(gt=0)] | None = None
    keep_last: Annotated[int, Field(ge=1)] = 1  # epochs whose state is kept
    keep_best: Annotated[int, Field(ge=1)] = 1  # epochs whose network is kept, by evaluation.monitor


class EarlyStoppingSettings(RecipeSection):
    """After how many evaluations without a gain of evaluation.monitor a run ends before its last epoch."""

    patience: Annotated[int, Field(ge=1)] = 5  # evaluations in a row
    min_delta: Annotated[float, Field(ge=0)] = 0.0  # of the metric: what is no more than that is no gain


class TrainSettings(RecipeSection):
    """How the weights are found."""

    epochs: Annotated[int, Field(ge=1)] = 5
    early_stopping: EarlyStoppingSettings | None = None  # null: all epochs
    optimizer: ComponentSettings = ComponentSettings(name="adamw")
    scheduler: ComponentSettings = ComponentSettings(name="constant")
    compile: bool = False  # torch.compile of the network: a minute at the start; what it gains is the machine's matter
    channels_last: bool = True  # how images and weights of convolutions lie in memory: pixel by pixel, or by channel
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"  # auto: bf16 where the hardware has it natively
    chunk_size: Annotated[int, Field(ge=1)] | None = None  # images forwarded at once; the losses see the whole batch
    clip_norm: Annotated[float, Field(gt=0)] | None = None  # of the gradient: a longer one is shortened to it
    learning_rates: dict[str, Annotated[float, Field(ge=0)]] = {}  # part of the network -> share of the optimizer's lr
    frozen: dict[str, Annotated[int, Field(ge=1)] | None] = {}  # part of the network -> first epochs, null: all
    checkpoints: CheckpointSettings = CheckpointSettings()
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0  # of the weights that are evaluated and kept; 0: none


class ProtocolSettings(RecipeSection):
    """Who queries what. Without a gallery: leave-one-out, each query against all others of its own split."""

    query: str  # a split, or several: val+test
    gallery: str | None = None
    without_leaks: FilePath | None = None  # an audit (fsim data audit --json) whose leaks are left out
    junk: JunkLabel | None = None  # item: answers that show the query's own item are neither right nor wrong
    at_end: bool = False  # only after the last epoch


class EvaluationSettings(RecipeSection):
    """What is measured, on which images, and which number chooses the best checkpoint."""

    relevant: Label = "category"  # what makes an answer right
    protocols: list[ProtocolSettings] = []  # the first not at_end is monitored; empty: val leave-one-out, or similar
    monitor: str | None = "exact/recall@1"  # chooses the best epoch; null: the last one
    expect: dict[str, Expected] | None = None  # {metric: 0.85 +- 0.02}: what the last evaluation should give
    flip: bool = False  # whether an image's embedding is the mean of its own and its mirror image's
    evaluators: Annotated[list[ComponentSettings], Field(min_length=1)] = [ComponentSettings(name="exact")]
    every: Annotated[int, Field(ge=1)] = 1  # epochs between evaluations; the last epoch is always evaluated
    projections: list[ProjectionSettings] = []  # maps of the embeddings, as pictures in the run folder


class BackupSettings(RecipeSection):
    """Copies of the run folder elsewhere, made beside the training after each evaluation."""

    url: str  # a folder, or what fsspec knows: s3://bucket/runs; the run is copied to <url>/<name>/<time>
    every_minutes: Annotated[float, Field(gt=0)] | None = None  # also so often
    parts: list[BackupPart] = list(BACKUP_PARTS)  # folders of the run; the files in the run folder itself are copied


class Recipe(RecipeSection):
    """One experiment."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    data: DataSettings
    model: ModelSettings
    sampler: ComponentSettings
    losses: Annotated[list[LossSettings], Field(min_length=1)]
    train: TrainSettings = TrainSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    trackers: list[ComponentSettings] = [ComponentSettings(name="tensorboard")]
    backup: BackupSettings | None = None
    search: dict[str, SearchedValue] = {}  # path, such as train.optimizer.lr -> what fsim tune may choose for it


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a path of the recipe, or its default; an empty list where neither is there."""
    model: Any = Recipe
    for part in path:
        field = model.model_fields[part]
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif field.is_required():
            return []
        else:
            value = to_jsonable_python(field.get_default(call_default_factory=True))
        model = field.annotation
    return value if isinstance(value, dict | list) else []
