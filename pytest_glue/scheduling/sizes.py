"""Sizes: how much there is to train on and to evaluate, as far as it is known before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a task's splits."""

    train: int
    """Examples to train on."""
    evaluation: int
    """Examples to evaluate on."""
    tokens: int
    """Of an example, on average, special ones included."""


GLUE_SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "cola": Size(8_551, 1_043, 12),
        "mnli": Size(392_702, 9_815, 40),
        "mrpc": Size(3_668, 408, 53),
        "qnli": Size(104_743, 5_463, 52),
        "qqp": Size(363_846, 40_430, 30),
        "rte": Size(2_490, 277, 70),
        "sst2": Size(67_349, 872, 13),
        "stsb": Size(5_749, 1_500, 29),
        "wnli": Size(635, 71, 37),
    }
)
"""By configuration. Examples: the hub's card of `nyu-mll/glue`; tokens: BERT's uncased vocabulary on the splits of
cola, mrpc, rte, stsb and wnli, which is a token for 4.4 bytes, and that rate on the sizes that the card gives."""

SAMPLE_SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "cola": Size(400, 240, 13),
        "mnli": Size(400, 240, 30),
        "mrpc": Size(400, 240, 25),
        "qnli": Size(400, 240, 30),
        "qqp": Size(400, 240, 30),
        "rte": Size(400, 240, 38),
        "sst2": Size(400, 240, 23),
        "stsb": Size(400, 240, 32),
        "wnli": Size(160, 71, 23),
    }
)
"""The same of the made-up data."""

UNKNOWN = Size(5_000, 1_000, 30)
"""What is assumed of a task that stands in neither table."""
