"""Errors that are not verdicts: the message gives cause and remedy."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

RAISES = """
import functools
import pytest

@pytest.fixture
def glue_model_init(glue_model_init):
    def make(trial=None):
        model = glue_model_init(trial)
        forward = model.forward
        @functools.wraps(forward)
        def too_large(*args, **kwargs):
            if model.training:
                raise RuntimeError({error!r})
            return forward(*args, **kwargs)
        model.forward = too_large
        return model
    return make
"""


def test_the_hub_cannot_be_reached(fresh: Run, report: Report) -> None:
    """Without a network, data from the hub is an error within seconds; the message proposes local data."""
    result = fresh("--glue-tasks=sst2", "--glue-checkpoints=sample", "--glue-json=out.json", "--durations=1", "-vv")

    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.assert_outcomes(errors=1)
    (error,) = report()["errors"]
    assert "test_suite.py::test_glue[sst2-sample]" == error["nodeid"]
    assert "the hub cannot be reached (" in error["message"]
    assert "nyu-mll/glue" in error["message"]
    assert "`--glue-data=FOLDER`" in error["message"]
    assert "`--glue-data=sample`" in error["message"]
    assert [f"ERROR {error['nodeid']} - {error['message']}"] == [
        line for line in result.outlines if line.startswith("ERROR ")
    ]
    assert "Traceback" not in result.stdout.str()


def test_a_checkpoint_of_the_hub(here: Run, report: Report) -> None:
    """The same holds for a checkpoint from the hub; the other item of the test run gets its score."""
    result = here(
        "--glue-tasks=sst2",
        "--glue-data=sample",
        "--glue-checkpoints=me/model,sample",
        "--glue-threshold=sst2=0",
        "--glue-max-train-samples=16",
        "--glue-max-eval-samples=16",
        "--glue-json=out.json",
    )

    result.assert_outcomes(errors=1, passed=1)
    (error,) = report()["errors"]
    assert "model me/model is not in the cache" in error["message"]
    assert "`--glue-checkpoints=FOLDER`" in error["message"]


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (
            "CUDA out of memory. Tried to allocate 2.00 GiB.",
            [
                "out of memory on cpu with 16 examples a batch",
                "--glue-recipe per_device_train_batch_size=8",
                "--glue-recipe gradient_accumulation_steps=2",
                "--glue-max-length",
            ],
        ),
        ("mat1 and mat2 shapes cannot be multiplied", ["the fine-tuning failed: RuntimeError: mat1 and mat2 shapes"]),
    ],
)
def test_a_fine_tuning_that_raises(
    pytester: pytest.Pytester, tiny: Run, report: Report, error: str, parts: list[str]
) -> None:
    """A fine-tuning that runs out of memory or raises is an error, not a failure."""
    pytester.makeconftest(RAISES.format(error=error))

    result = tiny("--glue-tasks=sst2", "--glue-json=out.json")

    result.assert_outcomes(errors=1)
    (found,) = report()["errors"]
    for part in parts:
        assert part in found["message"]
    assert "too_large" not in result.stdout.str()


def test_the_users_own_frame(pytester: pytest.Pytester, tiny: Run) -> None:
    """An error in a user's fixture shows the user's frames, not those of the plugin; `--full-trace` shows all."""
    pytester.makeconftest(
        """
        import pytest

        def look_up(name):
            return {}[name]

        @pytest.fixture
        def glue_model_init():
            return look_up("layer")
        """
    )

    short, full = tiny("--glue-tasks=sst2").stdout.str(), tiny("--glue-tasks=sst2", "--full-trace").stdout.str()

    assert "conftest.py:8: " in short
    assert "conftest.py:4: KeyError" in short
    for plugin_file in ("fixtures.py:", "run_sources.py:"):
        assert plugin_file not in short
        assert plugin_file in full
