"""The options of items that are evaluated only: those of a training are refused, or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.core.choices import HeadPolicy
from pytest_glue.core.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_glue.config.options import Options

WITHOUT_EFFECT = (
    *("max_train_samples", "stop_when_decided", "resume", "report_to"),
    *("trials", "search_fraction", "search_split", "search_storage"),
)
"""Options that only say how a training proceeds: where nothing is trained, a line says that they have no effect."""


def evaluated_only(options: Options, given: Collection[str]) -> Options:
    """Return the options of items that are evaluated only: without a search, a recipe and further seeds.

    A table or an ini file serves other test runs too, so what they say about a training is left out.

    Args:
        options: of the items, with `evaluate_only`.
        given: the names of the options that were given together with it.

    Raises:
        OptionError: one of those asks for a training.
    """
    plain: dict[str, Any] = {
        "seeds": options.seeds[:1],
        "max_seeds": None,
        "recipe": {},
        "head": HeadPolicy.KEEP,
        "search": None,
    }
    if contradicting := [name for name, value in plain.items() if name in given and getattr(options, name) != value]:
        name = contradicting[0].replace("_", "-")
        raise OptionError(
            f"--glue-evaluate-only scores checkpoints as they are, and --glue-{name} is about a training, "
            f"{_WHY[contradicting[0]]}: leave out one of the two"
        )
    return options.replace(**plain, max_train_samples=None, stop_when_decided=False, resume=False, report_to=())


_WHY = {
    "seeds": "which several seeds repeat",
    "max_seeds": "which further seeds repeat",
    "recipe": "whose hyperparameters it sets",
    "head": "which a new head needs",
    "search": "whose hyperparameters it searches",
}
"""What each option has to do with a training."""
