"""An item leaves no state behind for the items and tests that follow it, and no secret in any output."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

SUITE = """
import os
import random

import numpy
import pytest
import torch



def drawn():
    return random.random(), float(numpy.random.rand()), float(torch.rand(1))


def seed():
    random.seed(7), numpy.random.seed(7), torch.manual_seed(7)


def test_before():
    seed()


@pytest.mark.glue(recipe={"deepspeed": {"zero_optimization": {"stage": 3}}})
def test_deepspeed(glue_evaluation):
    pass


@pytest.mark.glue(recipe={"fsdp": "full_shard"})
def test_fsdp(glue_evaluation):
    pass


@pytest.mark.glue(recipe={"full_determinism": True})
def test_determinism(glue_trainer):
    glue_trainer.train()
    assert torch.are_deterministic_algorithms_enabled()


def test_after():
    after = drawn()
    seed()
    assert after == drawn()
    assert not torch.are_deterministic_algorithms_enabled()
    prefixes = ("ACCELERATE_", "FSDP_", "CUBLAS_", "CUDA_LAUNCH", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
    assert not [name for name in os.environ if name.startswith(prefixes)]


def test_item(glue_evaluation):
    glue_evaluation.check()
    assert "GOMP_SPINCOUNT" in os.environ
"""


def test_an_item_does_not_spoil_the_next(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """DeepSpeed that is not installed, FSDP without its devices and full determinism concern their own items only."""
    pytester.makepyfile(test_suite=SUITE)

    result = tiny("--glue-tasks=sst2", "--glue-threshold=sst2=0", "--glue-json=out.json")

    result.assert_outcomes(passed=4, errors=2)
    errors = report()["errors"]
    assert ["test_deepspeed", "test_fsdp"] == [error["nodeid"].split("::")[1].split("[")[0] for error in errors]
    assert "deepspeed" in errors[0]["message"]
    assert [] == [error for error in errors if "\n" in error["message"]]


def test_no_output_holds_a_secret(
    pytester: pytest.Pytester, tiny: Run, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token of the recipe and a password of a URL are in no report, no output and no cache entry."""
    cache = pytester.path / "cache"
    pytester.makepyfile(
        test_suite="def test_glue(glue_options, glue_evaluation):\n    assert glue_evaluation.score == 2\n"
    )
    flags = (
        *("--glue-tasks=sst2", "--glue-threshold=sst2=0", "--glue-json=out.json", "--junitxml=out.xml", "-vv"),
        *("--glue-recipe=hub_token=hf_SECRET", "--glue-search-storage=mysql://me:SECRET@host/db"),
        f"--glue-cache-dir={cache}",
    )

    first, second = tiny(*flags), tiny(*flags, "--glue-cache=only", "--glue-max-length=8")

    first.assert_outcomes(failed=1)
    assert "<HUB_TOKEN>" == report()["options"]["recipe"]["hub_token"]
    assert "mysql://me:***@host/db" == report()["options"]["search_storage"]
    assert "--glue-recipe=hub_token=<HUB_TOKEN>" in second.stdout.str()
    for text in (*first.outlines, *second.outlines, *first.errlines, *second.errlines):
        assert "SECRET" not in text
    written = [path for path in pytester.path.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [] == [path for path in written if b"SECRET" in content(path)]
    assert list(cache.rglob("*.run"))


def content(path: Path) -> bytes:
    """Return the content of a file; a cache entry is decompressed."""
    import zlib

    found = path.read_bytes()
    return zlib.decompress(found.partition(b"\n")[2]) if path.suffix == ".run" else found


def test_a_smoothed_recipe_for_all_tasks(tiny: Run, report: Report) -> None:
    """A regression is trained without smoothing, and a note says so."""
    result = tiny(
        *("--glue-tasks=sst2,stsb", "--glue-recipe=label_smoothing_factor=0.1", "--glue-json=out.json"),
        *("--glue-threshold=sst2=0", "--glue-threshold=stsb=-1"),
    )

    assert [] == report()["errors"]
    note = "trained without label_smoothing_factor: a regression has no class labels to smooth"
    assert {"sst2": False, "stsb": True} == {each["task"]: note in each["notes"] for each in report()["results"]}
    assert {"sst2": 0.1, "stsb": None} == {
        each["task"]: each["recipe"].get("label_smoothing_factor") for each in report()["results"]
    }
    result.stdout.fnmatch_lines([f"*{note}*"])
