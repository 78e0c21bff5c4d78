"""The formats of an export, and what they have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from pytest_glue.reports.files import write_report

if TYPE_CHECKING:
    from pytest_glue.reports.export.result import ExportedResult

FORMATS: Mapping[str, str] = {
    "model-index": "the metadata of a model card",
    "eval-results": "the hub's .eval_results/*.yaml",
    "every-eval-ever": "the JSON of Every Eval Ever",
}
"""Each with what it is. The module of a format has its name, and a function `export`."""
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")
"""Of the organization that evaluates to the makers of the model, as Every Eval Ever names them."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """What a report cannot know, and the user says."""

    organization: str | None = None
    """Who publishes the results."""
    relationship: str | None = None
    """One of `RELATIONSHIPS`."""
    benchmark_tasks: Mapping[str, str] = field(default_factory=dict)
    """The id of each task in the `eval.yaml` of its dataset on the hub."""


@dataclass(frozen=True, slots=True)
class Export:
    """The files of an export."""

    files: Mapping[PurePath, str]
    """Texts by their path in the output folder."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why an item is in no file, by node id."""


def export(format_name: str, results: Sequence["ExportedResult"], publisher: Publisher) -> Export:
    """Return the files of results in a format.

    Raises:
        ReportError: the format needs something that the publisher does not say.
    """
    module = import_module(f"pytest_glue.reports.export.{format_name.replace('-', '_')}")
    make: Callable[[Sequence[ExportedResult], Publisher], Export] = module.export
    return make(results, publisher)


def write_files(folder: Path, files: Mapping[PurePath, str]) -> list[Path]:
    """Write the files of an export and return their paths.

    Raises:
        ReportError: one cannot be written.
    """
    for path, text in files.items():
        write_report(folder / path, text.encode("utf-8", "backslashreplace"), "exported")
    return [folder / path for path in files]
