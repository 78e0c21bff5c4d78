"""The agreement certificate: recorded by one test run, used by the next."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
ASKED = ("--glue-tasks=sst2", "--glue-threshold=sst2=0", "--glue-seeds=2")


@pytest.fixture
def main(pytester: pytest.Pytester) -> Path:
    """The file of the baseline `main`."""
    return pytester.path / "glue-baselines" / "main" / "sst2" / "sample.json"


def test_an_unchanged_checkpoint_is_certified(main: Path, tiny: Run, report: Callable[[], Any]) -> None:
    """Runs that the cache has are trained again once, with the same scores; then the unchanged checkpoint passes."""
    plain = tiny(*ASKED, "--glue-save=main")
    before = json.loads(main.read_text("utf-8"))
    refused = tiny(*ASKED, "--glue-compare=main", "--glue-certify")
    saved = tiny(*ASKED, "--glue-save=main", "--glue-certify")
    after = json.loads(main.read_text("utf-8"))
    certified = tiny(*ASKED, "--glue-compare=main", "--glue-certify", "--glue-max-drop=0.05", "--glue-json=out.json")

    plain.assert_outcomes(passed=1)
    refused.assert_outcomes(errors=1)
    refused.stdout.fnmatch_lines(
        ["*sample.json was saved without --glue-certify*: save it again with --glue-save=NAME *"]
    )
    saved.stdout.fnmatch_lines(["sst2: the cached run of sst2 with seed 42 did not predict the unlabelled texts; *"])
    certified.assert_outcomes(passed=1)
    certified.stdout.fnmatch_lines(
        [
            "sst2 * cached *pass",
            "sst2 · sample: *; certified: accuracy drops by at most 4.08 points at 95 %: on average 0 of 96 *",
        ]
    )
    assert {96} == {len("".join(run.pop("unlabelled_predictions"))) for run in after["runs"]}
    assert after.pop("unlabelled_digest").startswith("sha256:")
    assert before.pop("recorded_at") <= after.pop("recorded_at")
    assert before == after
    (found,) = report()["results"]
    certificate = found["baseline"]["certificate"]
    assert ("pass", True, [42, 43]) == (found["verdict"], certificate["certified"], certificate["seeds"])


def test_data_without_unlabelled_texts(pytester: pytest.Pytester, tiny: Run) -> None:
    """A folder without a test split is an error before anything is trained; other metrics need no such texts."""
    from pytest_glue.sample.examples import sample_dataset

    for name in ("sst2", "cola"):
        data = sample_dataset(name)
        del data["test"]
        data.save_to_disk(str(pytester.path / "data" / name))

    kept = (
        "--glue-data=data",
        "--glue-tasks=sst2,cola",
        "--glue-threshold=cola=-1",
        "--glue-recipe=learning_rate=1e-3",
    )
    result = tiny(*kept, "--glue-save=main", "--glue-certify")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["data: --glue-certify and * predict the texts of the split 'test' of task sst2; there: train, validation. *"]
    )


def test_overridden_data_is_predicted(pytester: pytest.Pytester, main: Path, tiny: Run) -> None:
    """The unlabelled texts of a user's own `glue_data` are predicted; without a test split, the message says so."""
    fixture = """
        import pytest

        @pytest.fixture
        def glue_data(glue_data):
            {change}
            return glue_data
        """
    asked = (*ASKED, "--glue-save=main", "--glue-certify")

    pytester.makeconftest(fixture.format(change="glue_data['test'] = glue_data['test'].select(range(7))"))
    tiny(*asked).assert_outcomes(passed=1)
    recorded = json.loads(main.read_text("utf-8"))
    pytester.makeconftest(fixture.format(change="del glue_data['test']"))
    refused = tiny(*asked)

    assert [7, 7] == [len("".join(run["unlabelled_predictions"])) for run in recorded["runs"]]
    refused.assert_outcomes(errors=1)
    refused.stdout.fnmatch_lines(
        ["glue_data: --glue-certify and * predict the texts of the split 'test' of task sst2*"]
    )
