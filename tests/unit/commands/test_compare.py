"""The command `pytest-glue compare`: the verdicts that `--glue-compare` gives, without training."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from pytest_glue.cli import main
from pytest_glue.config.options import Options
from pytest_glue.core.choices import InconclusivePolicy
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE, Kind, Task
from pytest_glue.execution.evaluate import SeedPlan, Subject, evaluate
from pytest_glue.execution.recorded_runs import RecordedRuns
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.gate.slices import SliceCriteria
from pytest_glue.reports.json import SCHEMA, document, encode
from pytest_glue.statistics.logits import decode_logits, encode_logits
from pytest_glue.statistics.metrics import compute
from tests.damage import changed, places
from tests.factories import FALLING_LOSS, RTE_LABELS, make_conditions, make_runs, make_scored_run
from tests.unit.reports.test_edited_reports import ODD

RTE = GLUE["rte"]
NAMES = ("name", "file", "recorded_at", "commit", "age_days", "checkpoint")
"""Facts about the baseline's file, which differ between a report and a baseline."""
SPAM = Task("spam", "spam", ("text",), ("no", "yes"), ("log_loss", "accuracy"))
TOPICS = Task("topics", "topics", ("text",), ("a", "b", "c"), ("f1_macro", "accuracy"), kind=Kind.MULTI_LABEL)


def rule(baseline: Baseline, max_drop: float, family_size: int = 1) -> RegressionCriterion:
    """Return the comparison that a test run makes."""
    fixed = baseline.evaluate_only
    return RegressionCriterion("main", "main.json", baseline, max_drop, 0.05, family_size, evaluate_only=fixed)


def evaluated(
    runs: Sequence[Run],
    task: Task = RTE,
    compared: RegressionCriterion | None = None,
    slices: SliceCriteria | None = None,
    **conditions: Any,
) -> Evaluation:
    """Return the evaluation of an item, as a test run makes it."""
    given = {"references": RTE_LABELS, "n_eval": len(conditions.get("references", RTE_LABELS)), **conditions}
    shared = make_conditions(**given)
    thresholds = {} if compared else {task.headline_metric: 9.0 if task is SPAM else -1.0}
    criteria = Criteria(task, "a/b@86b5e09", thresholds, compared, 0.05, slices, evaluate_only=shared.evaluate_only)
    subject = Subject(f"s.py::test[{task.name}-a-b]", task, "data")
    seeds = tuple(run.seed for run in runs)
    return evaluate(
        subject, RecordedRuns(runs, shared), criteria, SeedPlan(seeds, (len(seeds),), InconclusivePolicy.PASS)
    )


def report(file: Path, *evaluations: Evaluation, predictions: bool = True, **options: Any) -> Path:
    """Write the JSON report of a test run."""
    asked = Options(json_predictions=predictions, **options)
    file.write_bytes(encode(document(asked, evaluations, {}, file.parent, Family(len(evaluations)))))
    return file


def recorded(file: Path, evaluation: Evaluation, task: Task = RTE) -> tuple[Path, Baseline]:
    """Write the file of a baseline."""
    baseline = Baseline.of(evaluation, task, {"torch": "2.9"}, {})
    baseline_storage.write(file, baseline)
    return file, baseline


def compared(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """Run the command with --json; return exit code and report."""
    code = main(["compare", *map(str, arguments), "--json"])
    printed = capsys.readouterr()
    assert printed.out, printed.err
    return code, json.loads(printed.out)


def facts(baseline: Any) -> dict[str, Any]:
    """Return what a comparison says, without what it says about the file of the baseline, as JSON holds it."""
    plain = json.loads(json.dumps({key: value for key, value in baseline.items() if key not in NAMES}, default=asdict))
    return {"certificate": None, "grown_errors": [], **plain}


def scored(task: Task, predictions: Sequence[float], references: Sequence[float], seed: int) -> Run:
    """Return a run of an own task."""
    return Run(seed, compute(task, predictions, references), FALLING_LOSS, tuple(predictions), 1.0)


def regression(shift: float, first_seed: int) -> tuple[list[Run], tuple[float, ...]]:
    """Return runs on stsb, and the gold scores."""
    gold = tuple(index % 11 / 2.2 for index in range(90))
    return [
        make_scored_run(
            "stsb", [each + shift * ((7 * index + seed) % 5 - 2) for index, each in enumerate(gold)], gold, seed
        )
        for seed in range(first_seed, first_seed + 3)
    ], gold


def topics(period: int, first_seed: int) -> tuple[list[Run], tuple[float, ...]]:
    """Return runs that predict sets of labels, and the gold sets."""
    gold = tuple(float(index % 8) for index in range(96))
    return [
        scored(
            TOPICS,
            [(each + 1) % 8 if (index + seed) % period == 0 else each for index, each in enumerate(gold)],
            gold,
            seed,
        )
        for seed in range(first_seed, first_seed + 3)
    ], gold


def probabilities(noise: float, first_seed: int) -> tuple[list[Run], tuple[float, ...]]:
    """Return runs with logits, and the gold classes."""
    gold = tuple(float(index % 3 == 0) for index in range(120))
    runs = []
    for seed in range(first_seed, first_seed + 3):
        generator = np.random.default_rng(seed)
        logits = np.stack([np.zeros(120), 2 * np.array(gold) - 1], axis=1) + generator.normal(0, noise, (120, 2))
        predictions = tuple(map(float, logits.argmax(axis=1)))
        text = encode_logits(logits)
        metrics = compute(SPAM, predictions, gold, decode_logits(text, 120))
        runs.append(Run(seed, metrics, FALLING_LOSS, predictions, 1.0, logits=text))
    return runs, gold


def _cases() -> dict[str, tuple[Task, list[Run], list[Run], dict[str, Any]]]:
    stsb, gold = regression(0.3, 0)
    sets, gold_sets = topics(9, 0)
    spam, gold_spam = probabilities(0.5, 0)
    groups = tuple(index // 4 for index in range(277))
    return {
        "unchanged": (RTE, make_runs("rte", RTE_LABELS, 78, 80, 82), make_runs("rte", RTE_LABELS, 80, 79, 81), {}),
        "worse": (RTE, make_runs("rte", RTE_LABELS, 40, 42, 44), make_runs("rte", RTE_LABELS, 80, 84, 88), {}),
        "one seed": (RTE, make_runs("rte", RTE_LABELS, 60), make_runs("rte", RTE_LABELS, 70), {}),
        "a failed run": (RTE, make_runs("rte", RTE_LABELS, 70, 72, 74), make_runs("rte", RTE_LABELS, 131, 72, 74), {}),
        "groups": (
            RTE,
            make_runs("rte", RTE_LABELS, 60, 62, 64),
            make_runs("rte", RTE_LABELS, 80, 82, 84),
            {"groups": groups},
        ),
        "regression": (GLUE["stsb"], stsb, regression(0.9, 5)[0], {"references": gold}),
        "sets of labels": (TOPICS, sets, topics(4, 5)[0], {"references": gold_sets}),
        "probabilities": (SPAM, spam, probabilities(0.9, 5)[0], {"references": gold_spam}),
        "evaluated only": (
            RTE,
            make_runs("rte", RTE_LABELS, 60),
            make_runs("rte", RTE_LABELS, 90),
            {"evaluate_only": True, "n_train": 0},
        ),
    }


CASES = _cases()


@pytest.mark.parametrize("case", CASES)
def test_the_verdict_is_that_of_a_test_run(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two reports, two baselines and one of each: the same verdict, sentence and numbers as `--glue-compare`."""
    task, old, new, conditions = CASES[case]
    before = evaluated(old, task, **conditions)
    file, baseline = recorded(tmp_path / "main.json", before, task)
    (tmp_path / "a").mkdir()
    first = report(tmp_path / "a" / "main.json", before)
    expected = evaluated(new, task, rule(baseline, 0.02), **conditions)
    second = report(tmp_path / "new.json", expected)
    file_2, _ = recorded(tmp_path / "baseline.json", expected, task)
    for sides in ((file, second), (first, second), (file, file_2), (first, file_2)):
        code, found = compared(capsys, *sides, "--max-drop=0.02")
        (result,) = found["results"]
        assert (expected.verdict, int(expected.failed)) == (result["verdict"], code), sides
        is_rounded = task.is_regression and (sides[0] is file or sides[1] is file_2)  # baselines have four decimals
        if not is_rounded:
            assert facts(expected.baseline) == facts(result["baseline"]), sides
            assert expected.reason == result["reason"]


def test_the_cases_have_several_verdicts() -> None:
    """Otherwise the test above would not show much."""
    verdicts = set()
    for task, old, new, conditions in CASES.values():
        baseline = Baseline.of(evaluated(old, task, **conditions), task, {}, {})
        verdicts.add(evaluated(new, task, rule(baseline, 0.02), **conditions).verdict)
    assert {"fail", "inconclusive"} <= verdicts


def test_slices_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of a report share the error rate, as in a test run; a baseline's file has none."""
    slices = SliceCriteria({"even": tuple(range(0, 277, 2)), "few": (1, 3)}, {}, 277)
    before = evaluated(make_runs("rte", RTE_LABELS, 40, 42, 44), slices=slices)
    file, baseline = recorded(tmp_path / "main.json", before)
    expected = evaluated(make_runs("rte", RTE_LABELS, 80, 84, 88), RTE, rule(baseline, 0.02), slices)
    new = report(tmp_path / "new.json", expected)
    code, found = compared(capsys, file, new, "--max-drop=0.02")
    (result,) = found["results"]
    assert (1, expected.reason) == (code, result["reason"])
    assert ["even", "few"] == [each["name"] for each in result["slices"]]
    even = expected.slices["even"].baseline
    assert even is not None
    assert (even.difference, even.alpha) == tuple(
        result["slices"][0]["baseline"][name] for name in ("difference", "alpha")
    )


def test_interim_analyses_share_the_error_rate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A candidate whose number of seeds was decided by interim verdicts is judged as at its last analysis."""
    file, baseline = recorded(tmp_path / "main.json", evaluated(make_runs("rte", RTE_LABELS, 60, 62, 64)))
    runs = make_runs("rte", RTE_LABELS, 66, 68, 70, 72)
    expected = evaluated(runs, RTE, replace(rule(baseline, 0.0), interim_analyses=(2, 4)))
    _, found = compared(capsys, file, report(tmp_path / "new.json", expected))
    assert [2, 4] == found["results"][0]["baseline"]["looks"]
    assert facts(expected.baseline) == facts(found["results"][0]["baseline"])


def test_items_share_the_error_rate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The number of items is that of the candidate's test run; what only one side has is said."""
    task = replace(RTE, name="mine", labels=("no", "yes"))
    runs, worse = make_runs("rte", RTE_LABELS, 60, 62, 64), make_runs("rte", RTE_LABELS, 80, 82, 84)
    first = report(tmp_path / "a.json", evaluated(runs), evaluated(runs, replace(RTE, name="qnli")))
    second = report(tmp_path / "b.json", evaluated(worse), evaluated(worse, task))
    code, found = compared(capsys, first, second)
    (result,), (error,) = found["results"], found["errors"]
    assert (1, 2, "rte") == (code, result["baseline"]["family_size"], result["task"])
    assert ("s.py::test[mine-a-b]", "the baseline has no item of mine; --on-missing-baseline=skip leaves it out") == (
        error["nodeid"],
        error["message"],
    )
    main(["compare", str(first), str(second)])
    assert ["mine", "a-b", "error"] in [line.split() for line in capsys.readouterr().out.splitlines()]
    main(["compare", str(first), str(second), "--on-missing-baseline=skip", "--inconclusive=fail"])
    lines = capsys.readouterr().out.splitlines()
    assert [
        "only in b, not compared: mine · a/b@86b5e09",
        "only in a: qnli · a/b@86b5e09",
        "compared 1 of 1 item of b with a",
    ] == lines[-3:]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data_digest": "sha256:2"}, "digest of the data sha256:1"),
        ({"n_train": 5}, "number of training examples 2490 in the baseline, 5 here"),
        ({"recipe": {"learning_rate": 0.1}}, "recipe's learning_rate default in the baseline, 0.1 here"),
        ({"evaluate_only": True}, ""),
    ],
)
def test_what_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], reason: str
) -> None:
    """It is refused with the reason of the gate; against a fixed model, only examples and labels count."""
    one = make_runs("rte", RTE_LABELS, 60)
    first, second = report(tmp_path / "a.json", evaluated(one)), report(tmp_path / "b.json", evaluated(one, **change))
    code, found = compared(capsys, first, second)
    if reason:
        assert (1, []) == (code, found["results"])
        assert found["errors"][0]["message"].startswith(f"baseline {first} does not fit this item: ")
        assert reason in found["errors"][0]["message"]
    else:
        assert (0, []) == (code, found["errors"])


def test_another_task_or_metric(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A single file of a baseline is compared with every item, and refused by the gate if it is another's."""
    file, _ = recorded(tmp_path / "main.json", evaluated(make_runs("rte", RTE_LABELS, 60)))
    other = replace(RTE, metrics=("matthews_correlation", "accuracy"))
    scores = [scored(other, run.predictions, RTE_LABELS, run.seed) for run in make_runs("rte", RTE_LABELS, 60)]
    items = [evaluated(make_runs("rte", RTE_LABELS, 60), GLUE["qnli"]), evaluated(scores, other)]
    _, found = compared(capsys, file, report(tmp_path / "b.json", *items))
    messages = [each["message"] for each in found["errors"]]
    assert "task rte in the baseline, qnli here" in messages[0]
    assert "headline metric accuracy in the baseline, matthews_correlation here" in messages[1]


def test_the_report_can_be_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What --json prints is a valid report, which `pytest-glue report` reads."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    before, after = (evaluated(make_runs("rte", RTE_LABELS, *wrong)) for wrong in ((40, 42), (80, 84)))
    for second in (report(tmp_path / "b.json", after), recorded(tmp_path / "next.json", after)[0]):
        _, found = compared(capsys, report(tmp_path / "a.json", before), second)
        jsonschema.validate(found, schema)
        shown = tmp_path / "shown.json"
        shown.write_text(json.dumps(found), "utf-8")
        assert 0 == main(["report", str(shown), f"--markdown={tmp_path / 'r.md'}"])
        assert "1 of 1 item failed" in (tmp_path / "r.md").read_text("utf-8")
        capsys.readouterr()


def test_without_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the flag, and what can be compared without it."""
    plain = report(tmp_path / "a.json", evaluated(make_runs("rte", RTE_LABELS, 60)), predictions=False)
    assert 2 == main(["compare", str(plain), str(plain)])
    assert capsys.readouterr().err == (
        f"{plain} has no predictions of s.py::test[rte-a-b], which a comparison needs: write the report with "
        "--glue-json-predictions, or compare the files of baselines (--glue-save)\n"
    )


def test_without_gold_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Baselines of version 0.1 have none, and one of the two sides needs them."""
    evaluation = evaluated(make_runs("rte", RTE_LABELS, 60, 62))
    file, baseline = recorded(tmp_path / "main.json", evaluation)
    old = tmp_path / "old.json"
    baseline_storage.write(old, replace(baseline, references=()))
    code, found = compared(capsys, old, old)
    assert (1, True) == (code, "has the gold labels, which files of version 0.1 lack" in found["errors"][0]["message"])
    assert 0 == compared(capsys, old, file)[0] == compared(capsys, file, old)[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"schema_version": 1, "res', "is not a JSON report, or was cut short"),
        ("[]", "is not a JSON report of pytest-glue: it has no schema version"),
        (
            '{"results": [], "schema_version": 9}',
            "has the schema version 9, and this pytest-glue reads 1: install the one that wrote it",
        ),
        ('{"results": []}', "is not a JSON report of pytest-glue: it has no schema version"),
        ('{"task": "rte"}', "it is not a baseline of pytest-glue: it has no schema_version"),
        ("", "is empty: give a JSON report"),
    ],
)
def test_a_file_of_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    """Exit code 2, and the file is named."""
    file = tmp_path / "x.json"
    file.write_text(content, "utf-8")
    assert 2 == main(["compare", str(file), str(file)])
    found = capsys.readouterr().err
    assert str(file) in found
    assert message in found


def test_a_hostile_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name in a report is no command to a CI log, in messages as in lines."""
    content = json.loads(report(tmp_path / "a.json", evaluated(make_runs("rte", RTE_LABELS, 60))).read_text("utf-8"))
    content["results"][0]["nodeid"] = "\n::error::x\x1b[31m"
    for predictions in (content["results"][0]["predictions"], None):
        content["results"][0]["predictions"] = predictions
        (tmp_path / "b.json").write_text(json.dumps(content), "utf-8")
        main(["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")])
        printed = capsys.readouterr()
        lines = (printed.out + printed.err).splitlines()
        assert lines
        assert not any(line.startswith("::") or "\x1b" in line for line in lines)


def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder of a baseline is one side, with the name of the folder; that of all baselines is none."""
    before = evaluated(make_runs("rte", RTE_LABELS, 60, 62))
    recorded(tmp_path / "main" / "rte" / "a-b.json", before)
    code, found = compared(capsys, tmp_path / "main", report(tmp_path / "b.json", before))
    assert (0, "main") == (code, found["results"][0]["baseline"]["name"])
    assert 2 == main(["compare", str(tmp_path), str(tmp_path / "main")])
    assert "it has no TASK/CHECKPOINT.json; it has the baselines main: name one" in capsys.readouterr().err


def test_a_metric_of_the_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No module that a file names is imported."""
    content = report(tmp_path / "a.json", evaluated(make_runs("rte", RTE_LABELS, 60))).read_text("utf-8")
    (tmp_path / "a.json").write_text(content.replace('"accuracy"', '"antigravity:score"'), "utf-8")
    code, found = compared(capsys, tmp_path / "a.json", tmp_path / "a.json")
    assert 1 == code
    assert "antigravity:score is not a metric of pytest-glue, and this" in found["errors"][0]["message"]
    assert "antigravity" not in sys.modules


def test_several_checkpoints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is compared with its own; a new one of which it is not clear what to compare it with is an error."""
    one = evaluated(make_runs("rte", RTE_LABELS, 60))
    named = {name: replace(one, nodeid=f"s.py::test[rte-{name}]") for name in ("old", "older", "new")}
    first = report(tmp_path / "a.json", named["old"], named["older"])
    code, found = compared(capsys, first, report(tmp_path / "b.json", named["older"], named["new"]))
    assert (1, ["s.py::test[rte-older]"]) == (code, [each["nodeid"] for each in found["results"]])
    message = "the baseline has items of old, older for rte, and which one to compare new with is not clear: "
    assert found["errors"][0]["message"].startswith(message)
    twice = report(tmp_path / "c.json", *(replace(one, nodeid=f"{name}.py::test[rte-a]") for name in "xy"))
    code, found = compared(capsys, twice, report(tmp_path / "d.json", replace(one, nodeid="z.py::test[rte-a]")))
    assert (1, True) == (code, "has several items of rte (a), and which" in found["errors"][0]["message"])
    code, found = compared(capsys, first, report(tmp_path / "e.json", replace(one, nodeid="s.py::test_own")))
    assert (1, True) == (code, "which one to compare a-b with is not clear" in found["errors"][0]["message"])


def test_a_test_run_that_did_not_finish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Items may be missing, and a line says so; one without any item cannot be compared."""
    file = report(tmp_path / "a.json", evaluated(make_runs("rte", RTE_LABELS, 60)))
    content = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**content, "family": None}), "utf-8")
    assert 0 == main(["compare", str(file), str(file)])
    assert "the test run of a did not finish, so that some of its items are missing" in capsys.readouterr().out
    empty = tmp_path / "b.json"
    empty.write_text(json.dumps({**content, "results": []}), "utf-8")
    assert 2 == main(["compare", str(file), str(empty)])
    assert f"{empty} has no items\n" == capsys.readouterr().err


def test_runs_that_were_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their scores are bounds, and cannot be compared."""
    before = evaluated(make_runs("rte", RTE_LABELS, 60))
    stopped = replace(before, runs=tuple(replace(run, stopped=True) for run in before.runs))
    _, found = compared(capsys, report(tmp_path / "a.json", before), report(tmp_path / "b.json", stopped))
    assert "ended early, by --glue-stop-when-decided" in found["errors"][0]["message"]


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--max-drop=rte=2", "--max-drop: '2': expected a fraction of at least 0 and below 1"),
        ("--max-drop=cola=0.1", "--max-drop: no item has the task cola"),
        ("--alpha=2", "expected a number above 0 and below 0.5"),
        ("--on-missing-baseline=save", "expected fail or skip, since nothing is recorded"),
    ],
)
def test_a_wrong_option(tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, message: str) -> None:
    file = report(tmp_path / "a.json", evaluated(make_runs("rte", RTE_LABELS, 60)))
    try:
        code = main(["compare", str(file), str(file), flag])
    except SystemExit as error:
        code = int(str(error.code))
    assert (2, True) == (code, message in capsys.readouterr().err)


def test_the_options_of_the_candidate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command line leaves out is as in the candidate's test run."""
    first = report(tmp_path / "a.json", evaluated(make_runs("rte", RTE_LABELS, 60)))
    asked: dict[str, Any] = {"max_drop": {None: 0.1, "rte": 0.3}, "alpha": 0.01}
    second = report(tmp_path / "b.json", evaluated(make_runs("rte", RTE_LABELS, 62)), **asked)
    for flags, expected in (((), (0.3, 0.01)), (("--max-drop=0.2", "--alpha=0.1"), (0.2, 0.1))):
        baseline = compared(capsys, first, second, *flags)[1]["results"][0]["baseline"]
        assert expected == (baseline["max_drop"], baseline["alpha"])


def test_an_old_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--baseline-max-age` warns, as in a test run."""
    file, baseline = recorded(tmp_path / "main.json", evaluated(make_runs("rte", RTE_LABELS, 60)))
    baseline_storage.write(file, replace(baseline, recorded_at="2024-01-01T00:00:00+00:00"))
    assert 0 == main(["compare", str(file), str(file), "--baseline-max-age=30"])
    assert "days old, and baseline_max_age (30) allows no more: record it again" in capsys.readouterr().out


def test_the_command_is_light(tmp_path: Path) -> None:
    """It needs none of the libraries that train, in a new process."""
    file = report(tmp_path / "a.json", evaluated(make_runs("rte", RTE_LABELS, 60, 62)))
    code = (
        "import sys\nfrom pytest_glue.cli import main\n"
        f"assert 0 == main(['compare', {str(file)!r}, {str(file)!r}])\n"
        "print(sorted({'torch', 'transformers', 'datasets', 'evaluate', 'optuna', 'ray'} & sys.modules.keys()))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == result.stdout.splitlines()[-1]


def test_edited_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No value of either side ends in a traceback: exit code 2 has a message."""
    slices = SliceCriteria({"even": tuple(range(0, 277, 2))}, {}, 277)
    groups = tuple(index // 3 for index in range(277))
    items = [
        evaluated(make_runs("rte", RTE_LABELS, *wrong), slices=slices, groups=groups) for wrong in ((60, 62), (64,))
    ]
    first, second = (report(tmp_path / f"{number}.json", item) for number, item in enumerate(items))
    content = json.loads(second.read_text("utf-8"))
    chosen, all_places = random.Random(7), list(places(content))  # noqa: S311 - no cryptography
    of_predictions = [place for place in all_places if "predictions" in place]
    for place in [*of_predictions * 3, *chosen.sample(all_places, 30)]:
        value = chosen.choice([*ODD, "zz", ["zz"], ["1" * 500], ["0"], 2, -5])
        second.write_text(json.dumps(changed(content, place, value)), "utf-8")
        for sides in ((first, second), (second, first)):
            code = main(["compare", *map(str, sides)])
            assert (code == 2) == bool(capsys.readouterr().err), (place, value)
