"""The folder in which the blocks of a page run: what the pages name, and the sample in place of real checkpoints."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_glue.sample.checkpoint import write_sample_checkpoint
from tests.own_data import TEAMS, write_tickets
from tests.plugin.conftest import SUITE
from tests.plugin.documents.checks import ROOT

_ENCODERS = (
    *("distilbert-base-uncased", "bert-base-uncased", "sentence-transformers/all-MiniLM-L6-v2"),
    *("checkpoints/candidate", "runs/0042"),
)
_CLASSIFIERS = ("models/rte",)

TABLE = """
[tool.pytest_glue]
tasks = ["rte"]
checkpoints = ["sample"]
"""
TICKETS = """
[tool.pytest_glue.task.tickets]
data = { train = "train.csv", validation = "validation.csv" }
text = "message"
label = "team"
metrics = ["accuracy", "recall_macro"]
"""
SHORT_RUNS = """
[pytest]
glue_data = sample
glue_max_train_samples = 120
glue_max_eval_samples = 60
glue_recipe =
    learning_rate=3e-4
    num_train_epochs=4
"""
"""Options that beat a table, and that a flag of the page beats."""


def fill(folder: Path, checkpoints: Path) -> None:
    """Write the files that the pages name.

    Args:
        folder: of a page.
        checkpoints: what `write_checkpoints` filled.
    """
    (folder / "suites").mkdir()
    (folder / "suites" / "test_glue.py").write_text(SUITE)
    (folder / "pyproject.toml").write_text(TABLE)
    (folder / "pytest.ini").write_text(SHORT_RUNS)
    write_tickets(folder, {"train": 60, "validation": 60, "golden": 5})
    for name in ("train.csv", "validation.csv", "golden.csv"):
        _add_columns(folder / name)
    _write_own_tickets(folder / "tickets.csv")
    for kind, names in {"encoder": _ENCODERS, "classifier": _CLASSIFIERS}.items():
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(checkpoints / kind)


def write_checkpoints(folder: Path) -> None:
    """Write the sample checkpoint, and the same as a classifier with a head for RTE."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    write_sample_checkpoint(folder / "encoder")
    labels = dict(enumerate(("entailment", "not_entailment")))
    model = AutoModelForSequenceClassification.from_pretrained(folder / "encoder", id2label=labels)
    model.save_pretrained(folder / "classifier")
    AutoTokenizer.from_pretrained(folder / "encoder").save_pretrained(folder / "classifier")


def _add_columns(file: Path) -> None:
    """Add the columns of the page about slices: a priority, and the number of words."""
    rows = _read(file)
    for index, row in enumerate(rows):
        row |= {"priority": ("low", "high", "critical")[index % 3], "n_words": str(20 + index)}
    _write(file, rows)


def _write_own_tickets(file: Path) -> None:
    """Write the tutorial's file, but for its first rows in the sample's language, which the sample checkpoint knows."""
    shown = _read(ROOT / "docs" / "tutorial" / "tickets.csv")
    teams = dict(zip(TEAMS, sorted({row["team"] for row in shown}), strict=False))
    write_tickets(file.parent, {file.stem: 300})
    known = [{"message": row["message"], "team": teams[row["team"]]} for row in _read(file) if row["team"] in teams]
    _write(file, [*shown[:3], *known[3:]])


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _write(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
