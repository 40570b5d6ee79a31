"""The contracts: one small interface for each kind, and the data that passes between components; a module for each.

A component needs no base class: it fits if it has the members named here. Abstract methods and attributes without a
value are required; what has a body or a value is optional, and that is the default. Values that are known only at run
time (`in_features`, `num_categories`, `seed`, ...) are injected by parameter name; `fsim.plugin.kinds` lists them for
each kind. A component that is made of another takes it by a parameter of the interface's type, `index: Index`; a recipe
writes `index: {name: ..., parameter: value}` there.
"""

from fsim.interfaces.arrays import FloatArray, IntArray, Vectors
from fsim.interfaces.augmentation import Augmentation
from fsim.interfaces.catalog import CATALOG_COLUMNS, Catalog, Dataset
from fsim.interfaces.download import Download, Reporter
from fsim.interfaces.evaluator import Cost, Direction, Embedded, Evaluator, JunkLabel, JunkLabels, RetrievalTask
from fsim.interfaces.index import Answers, Index, Trial
from fsim.interfaces.layout import FolderReading, Layout, ListedPicture
from fsim.interfaces.loss import Loss, Memory, Pairs
from fsim.interfaces.network import Backbone, BackbonePreparation, Distance, Head, Interpolation, Resize, TextEncoder
from fsim.interfaces.optimizer import Optimizer, Scheduler
from fsim.interfaces.projection import Projection
from fsim.interfaces.sampler import Label, Sampler, Selection
from fsim.interfaces.tracker import EmbeddedImages, Tracker

__all__ = [
    "CATALOG_COLUMNS",
    "Answers",
    "Augmentation",
    "Backbone",
    "BackbonePreparation",
    "Catalog",
    "Cost",
    "Dataset",
    "Direction",
    "Distance",
    "Download",
    "Embedded",
    "EmbeddedImages",
    "Evaluator",
    "FloatArray",
    "FolderReading",
    "Head",
    "Index",
    "IntArray",
    "Interpolation",
    "JunkLabel",
    "JunkLabels",
    "Label",
    "Layout",
    "ListedPicture",
    "Loss",
    "Memory",
    "Optimizer",
    "Pairs",
    "Projection",
    "Reporter",
    "Resize",
    "RetrievalTask",
    "Sampler",
    "Scheduler",
    "Selection",
    "TextEncoder",
    "Tracker",
    "Trial",
    "Vectors",
]
