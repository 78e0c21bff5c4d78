"""Baselines: recorded by one run, compared with by the next."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main as run_command

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

SST2 = (
    *("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=sst2"),
    *("--glue-max-train-samples=64", "--glue-max-eval-samples=48"),
    *("--glue-recipe=num_train_epochs=1", "--glue-recipe=learning_rate=1e-3"),
)
SAYS_THE_OPPOSITE = """
    import pytest

    def opposite(model, inputs, output):
        if not model.training:
            output.logits = -output.logits
        return output

    @pytest.fixture
    def glue_model_init(glue_model_init):
        def make(trial=None):
            model = glue_model_init(trial)
            model.register_forward_hook(opposite)
            return model
        return make
    """


@pytest.fixture
def sst2(here: Run) -> Run:
    """Run pytest in the user's folder on a little of the sample's sst2."""
    return lambda *args: here(*SST2, *args)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `main`, which is recorded once for all tests that compare with it."""
    return tmp_path_factory.mktemp("recorded") / "glue-baselines"


@pytest.fixture
def main(pytester: pytest.Pytester, sst2: Run, recorded: Path) -> Path:
    """The file of a baseline `main` of three seeds, in the user's folder."""
    storage = pytester.path / "glue-baselines"
    if recorded.is_dir():
        shutil.copytree(recorded, storage)
    else:
        sst2("--glue-save=main", "--glue-seeds=3").assert_outcomes(passed=1)
        shutil.copytree(storage, recorded)
    return storage / "main" / "sst2" / "sample.json"


def recompared(storage: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """Compare the report of a test run with the baseline by `pytest-glue compare`; return exit code and result."""
    capsys.readouterr()
    code = run_command(["compare", str(storage), "out.json", "--json"])
    (result,) = json.loads(capsys.readouterr().out)["results"]
    return code, result


def test_each_item_has_a_file(pytester: pytest.Pytester, tiny: Run) -> None:
    """A run of some items leaves the other files of a baseline alone, and overwriting names what changed."""
    kept = (
        "--glue-save=main",
        "--glue-threshold=sst2=0",
        "--glue-threshold=stsb=-1",
        "--glue-recipe=learning_rate=1e-3",
    )
    storage = pytester.path / "glue-baselines" / "main"

    first = tiny("--glue-tasks=sst2,stsb", *kept)
    before = {file.parent.name: file.read_bytes() for file in storage.glob("*/*")}
    second = tiny("--glue-tasks=sst2", "--glue-seeds=2", *kept)
    after = {file.parent.name: file.read_bytes() for file in storage.glob("*/*")}

    first.assert_outcomes(passed=2)
    second.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["sst2: recorded *sst2*sample.json: accuracy 0.* of 1 seed", "stsb: recorded *"])
    second.stdout.fnmatch_lines(["sst2: recorded *sst2*sample.json again: accuracy 0.* -> 0.*, 1 -> 2 seeds"])
    assert {"sst2", "stsb"} == before.keys() == after.keys()
    assert before["stsb"] == after["stsb"]
    assert [42, 43] == [run["seed"] for run in json.loads(after["sst2"])["runs"]]


def test_a_failed_item_is_not_recorded(pytester: pytest.Pytester, tiny: Run) -> None:
    """A failed item is not recorded, and a note says so."""
    result = tiny("--glue-tasks=stsb", "--glue-threshold=stsb=1", "--glue-save=main")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["stsb: not recorded as baseline main: the verdict is fail; to record this score, lower its threshold; *"]
    )
    assert [] == list(pytester.path.glob("glue-baselines/**/*.json"))


def test_an_unchanged_checkpoint_with_other_seeds(
    main: Path, sst2: Run, report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not fail, report and table have the comparison, and `pytest-glue compare` finds the same."""
    asked = ("--glue-compare=main", "--glue-seeds=7,8,9", "--glue-max-drop=0.01")
    result = sst2(*asked, "--glue-json=out.json", "--glue-json-predictions")

    result.assert_outcomes(passed=1)
    (found,) = report()["results"]
    assert found["verdict"] in {"pass", "inconclusive"}
    assert ("main", [42, 43, 44], 0.01, False) == (
        found["baseline"]["name"],
        found["baseline"]["seeds"],
        found["baseline"]["max_drop"],
        found["failed"],
    )
    result.stdout.fnmatch_lines([f"sst2 * main {found['baseline']['baseline_score']:.3f} *"])
    code, again = recompared(main.parents[1], capsys)
    assert (0, found["reason"], found["baseline"]) == (code, again["reason"], again["baseline"])


def test_a_worse_checkpoint_fails(
    pytester: pytest.Pytester, main: Path, sst2: Run, report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails with a sentence of scores, interval and seeds, and `pytest-glue compare` says the same."""
    pytester.makeconftest(SAYS_THE_OPPOSITE)

    asked = ("--glue-compare=main", "--glue-seeds=7,8,9", "--glue-max-drop=0.01")
    result = sst2(*asked, "--glue-json=out.json", "--glue-json-predictions")

    result.assert_outcomes(failed=1)
    (found,) = report()["results"]
    assert ("fail", True) == (found["verdict"], found["failed"])
    assert re.fullmatch(
        r"sst2 · sample: accuracy 0\.\d{3} against main's 0\.\d{3}: a drop of more than 0\.01 "
        r"\(-0\.\d{3}; 90% CI -\d\.\d{3} to -0\.\d{3}; 3 against 3 seeds; n=48\)",
        found["reason"],
    )
    code, again = recompared(main.parents[1], capsys)
    assert (1, found["reason"], found["baseline"]) == (code, again["reason"], again["baseline"])


@pytest.mark.parametrize(("policy", "outcome"), [("pass", {"passed": 1}), ("fail", {"failed": 1})])
def test_an_inconclusive_item(main: Path, sst2: Run, policy: str, outcome: dict[str, int]) -> None:
    """An inconclusive item passes or fails as the option says, and its sentence is shown in both cases."""
    asked = ("--glue-compare=main", "--glue-seeds=42,43,44", "--glue-max-drop=0.001")
    result = sst2(*asked, f"--glue-inconclusive={policy}")

    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(
        [
            "glue: sst2: the allowed drop is 0.001, but with 3 seeds against the baseline's 3 and * only a drop of*",
            "*sst2 * inconclusive",
            "*sst2 · sample: accuracy *: a drop of more than 0.001 is neither shown nor ruled out*",
        ]
    )


@pytest.mark.parametrize(("max_drop", "seeds"), [("0.2", [42, 43, 44]), ("0.001", [42, 43])])
def test_seeds_are_added_while_they_may_decide(
    main: Path, sst2: Run, report: Report, max_drop: str, seeds: list[int]
) -> None:
    """An inconclusive item runs more seeds, up to the allowed number, unless they would hardly change the verdict."""
    asked = ("--glue-compare=main", f"--glue-max-drop={max_drop}", "--glue-json=out.json")
    sst2(*asked, "--glue-seeds=42,43", "--glue-max-seeds=3").assert_outcomes(passed=1)

    (found,) = report()["results"]
    assert seeds == found["seeds"]
    is_futile = "; further seeds, up to 3, would hardly decide it: conditional power " in found["reason"]
    assert is_futile == (len(seeds) == 2) == (found["baseline"]["conditional_power"] is not None)


def test_no_seeds_are_added_to_a_conclusive_verdict(
    pytester: pytest.Pytester, main: Path, sst2: Run, report: Report
) -> None:
    """A conclusive first analysis costs no more seeds."""
    pytester.makeconftest(SAYS_THE_OPPOSITE)
    asked = ("--glue-compare=main", "--glue-json=out.json")
    sst2(*asked, "--glue-seeds=3", "--glue-max-seeds=8").assert_outcomes(failed=1)

    assert [42, 43, 44] == report()["results"][0]["seeds"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:200], "*baseline *sample.json is damaged (not JSON: *): restore it or record it again"),
        (
            lambda text: text.replace('"schema_version": 1', '"schema_version": 9'),
            "*baseline *sample.json cannot be used: it has schema version 9 and this pytest-glue reads 1: *",
        ),
        (
            lambda text: text.replace('"n_eval": 48', '"n_eval": 47'),
            "*sample.json cannot be used: it says n_eval 47 and holds 48 predictions of seed 42*",
        ),
    ],
    ids=["truncated", "future", "wrong-length"],
)
def test_a_damaged_baseline(main: Path, sst2: Run, damage: Callable[[str], str], message: str) -> None:
    """A damaged file is an error before anything is trained, and is not changed."""
    main.write_text(damage(main.read_text("utf-8")), "utf-8")
    before = main.read_bytes()

    result = sst2("--glue-compare=main")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    assert before == main.read_bytes()


def test_a_missing_baseline(main: Path, sst2: Run) -> None:
    """An unknown name is an error that lists the recorded ones."""
    result = sst2("--glue-compare=mian")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*baseline 'mian' has no file for sst2; baselines in *: main. Record it with --glue-save=mian, *"]
    )


def test_a_new_item_by_policy(main: Path, sst2: Run, report: Report) -> None:
    """An item without a baseline concerns itself only: an error, a skip with the reason, or recorded and compared."""
    asked = ("--glue-compare=main", "--glue-tasks=sst2,stsb", "--glue-seeds=2")
    missing = "baseline 'main' has no file for stsb; baselines in *: main. Record it with --glue-save=main, *"

    sst2(*asked, "-k", "sst2").assert_outcomes(passed=1, deselected=1)
    failed = sst2(*asked)
    skipped = sst2(*asked, "--glue-on-missing-baseline=skip", "-rs")
    saved = sst2(*asked, "--glue-on-missing-baseline=save", "--glue-json=out.json")

    failed.assert_outcomes(passed=1, errors=1)
    failed.stdout.fnmatch_lines([f"*{missing}"])
    skipped.assert_outcomes(passed=1, skipped=1)
    skipped.stdout.fnmatch_lines([f"SKIPPED *{missing}"])
    saved.assert_outcomes(passed=2)
    saved.stdout.fnmatch_lines(["stsb: recorded *main*stsb*sample.json: pearson 0.* of 2 seeds"])
    assert [False, True] == [each["baseline"] is None for each in report()["results"]]
    sst2(*asked).assert_outcomes(passed=2)


def test_a_role_outlives_its_folders(pytester: pytest.Pytester, sst2: Run, report: Report) -> None:
    """Folders that are numbered by run share the items, baselines and reports of their role."""
    from pytest_glue.sample.checkpoint import write_sample_checkpoint

    for name in ("0041", "0042", "other"):
        write_sample_checkpoint(pytester.path / "runs" / name)
    other = "other=./runs/other"
    first = sst2(f"--glue-checkpoints=candidate=./runs/0041,{other}", "--glue-save=main")
    second = sst2(f"--glue-checkpoints=candidate=./runs/0042,{other}", "--glue-compare=main", "--glue-json=out.json")

    first.assert_outcomes(passed=2)
    second.assert_outcomes(passed=2)
    second.stdout.fnmatch_lines(["*checkpoints candidate=./runs/0042, other=./runs/other*", "sst2 * candidate *"])
    found = {result["nodeid"]: result for result in report()["results"]}
    candidate = found["test_suite.py::test_glue[sst2-candidate]"]
    assert ("candidate", "./runs/0042") == (candidate["checkpoint"]["role"], candidate["checkpoint"]["name"])
    assert candidate["baseline"]["file"].endswith("main/sst2/candidate.json")


def test_another_recipe_is_refused(main: Path, sst2: Run) -> None:
    """A baseline of another recipe and fewer examples is refused, and the error names each difference."""
    result = sst2("--glue-compare=main", "--glue-recipe=learning_rate=2e-3", "--glue-max-eval-samples=40")

    result.assert_outcomes(errors=1)
    differences = (
        "number of evaluation examples 48 in the baseline, 40 here",
        "recipe's learning_rate 0.001 in the baseline, 0.002 here",
    )
    result.stdout.fnmatch_lines([f"*does not fit this item: {'; '.join(differences)}*"])


def test_an_unused_baseline_is_named(main: Path, sst2: Run) -> None:
    """The summary names a file that no item is compared with."""
    old = main.with_name("bert-tiny.json")
    old.write_bytes(main.read_bytes())

    result = sst2("--glue-compare=main")

    result.stdout.fnmatch_lines([f"baseline {old} is no longer used by any item; delete it if it is obsolete"])


def test_two_checkpoints_are_ranked(pytester: pytest.Pytester, sst2: Run, report: Report) -> None:
    """Two checkpoints on one task give a table of scores, a table of differences and the best."""
    from pytest_glue.sample.checkpoint import write_sample_checkpoint

    write_sample_checkpoint(pytester.path / "other")

    result = sst2("--glue-checkpoints=sample,other", "--glue-seeds=2", "--glue-json=out.json")

    result.stdout.fnmatch_lines(
        [
            "sst2 (accuracy, n=48)",
            "checkpoint *score *95% CI *",
            "*difference *p (Holm)",
            "other *sample *",
            "*best: *",
        ]
    )
    ranks = report()["ranks"]
    assert [("sst2", 48)] == [(task["task"], task["n_eval"]) for task in ranks["tasks"]]
    assert {"sample", "other"} == {score["checkpoint"] for score in ranks["tasks"][0]["scores"]}
    assert 0.0 == ranks["tasks"][0]["pairs"][0]["value"]
    assert {"sample", "other"} == set(ranks["tasks"][0]["best"])


def test_two_workers_judge_as_one_process_does(main: Path, sst2: Run, fresh: Run, report: Report) -> None:
    """Each worker uses the error rate of the whole test run, so that the comparisons are exactly the same."""
    asked = ("--glue-compare=main", "--glue-tasks=sst2", "--glue-seeds=2", "--glue-json=out.json")
    suite = "".join(f"def test_{name}(glue_evaluation):\n    glue_evaluation.verdict\n" for name in ("one", "two"))
    (main.parents[3] / "test_suite.py").write_text(suite, "utf-8")

    sst2(*asked).assert_outcomes(passed=2)
    alone = [each["baseline"] for each in report()["results"]]
    fresh(*SST2, *asked, "-n", "2").assert_outcomes(passed=2)

    assert alone == [each["baseline"] for each in report()["results"]]
    assert [2, 2] == [each["family_size"] for each in alone]
