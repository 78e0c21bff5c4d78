"""The command `pytest-glue power`."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.cli import main
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import encode_baseline
from pytest_glue.statistics.metrics import compute
from tests.factories import RTE_LABELS, make_baseline, make_evaluation, make_runs

PUBLISHED = ["power", "--task=rte", "--examples=277", "--score=0.66"]


def test_a_table_from_published_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """Drops fall with seeds and rise with items; the title says where the variance comes from."""
    assert 0 == main([*PUBLISHED, "--seeds", "3", "10", "--items", "1", "10"])
    title, meaning, names, *rows = capsys.readouterr().out.splitlines()
    assert title.startswith("rte: accuracy 0.660, n=277, standard deviation between seeds 0.022 (published: ")
    assert "detected with a power of 80 % against a baseline of as many seeds; alpha 0.05 for the whole" in meaning
    assert ["seeds", "1", "item", "10", "items"] == names.split()
    (three, three_1, three_10), (ten, ten_1, ten_10) = (row.split() for row in rows)
    assert ("3", "10") == (three, ten)
    assert 0.02 < float(ten_1) < float(three_1) < float(three_10) < 0.2
    assert float(ten_10) < float(three_10)


def test_a_table_of_power_from_a_recorded_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --drop, cells are powers; interim analyses name both numbers of seeds."""
    file = tmp_path / "main" / "rte" / "sample.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(encode_baseline(make_baseline(make_runs("rte", RTE_LABELS, 76, 80, 84)))))
    asked = ["power", "--baseline=main", f"--storage={tmp_path}", "--drop=0.06", "--seeds", "3", "--items", "1", "5"]
    assert 0 == main([*asked, "--max-seeds=8"])
    title, meaning, _, row = capsys.readouterr().out.splitlines()
    assert title.startswith("rte · a/b@86b5e09: accuracy 0.711, n=277")
    assert meaning.startswith("power to detect a drop of 0.06 against the baseline's 3 seeds")
    assert row.startswith("3 to 8  ")
    assert 0 == main([*asked, "--json"])
    one, five = json.loads(capsys.readouterr().out)
    assert (3, 3, 3, 1) == tuple(one[name] for name in ("seeds", "max_seeds", "baseline_seeds", "family_size"))
    assert 0 < five["power"] < one["power"] <= 1


def test_several_tasks_of_a_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each --task adds one; the last one replaced the others. An item of one run has a line, and the others a table."""
    for task, wrong in (("rte", (76, 80, 84)), ("mrpc", (70, 75, 80)), ("cola", (70,))):
        baseline = Baseline.of(make_evaluation(make_runs(task, RTE_LABELS, *wrong)), GLUE[task], {}, {})
        file = tmp_path / "main" / task / "sample.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(encode_baseline(baseline)))
    asked = ["power", "--baseline=main", f"--storage={tmp_path}", "--json", "--seeds", "3", "--items", "1"]
    assert 0 == main([*asked, "--task=rte", "--task=cola"])
    printed = capsys.readouterr()
    assert ["rte"] == [cell["task"] for cell in json.loads(printed.out)]
    assert "has one run, which does not show the variance between seeds" in printed.err
    assert 0 == main([*asked, "--task=rte", "--task=mrpc"])
    assert ["mrpc", "rte"] == [cell["task"] for cell in json.loads(capsys.readouterr().out)]


def test_a_drop_below_the_lowest_score_has_no_power(capsys: pytest.CaptureFixture[str]) -> None:
    """A cell without a number is a dash."""
    assert 0 == main([*PUBLISHED, "--drop=0.9", "--seeds", "3", "--items", "1"])
    assert ["3", "-"] == capsys.readouterr().out.splitlines()[-1].split()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["power"], "give --baseline=NAME, or all of --task, --examples and --score"),
        (["power", "--baseline=none"], "there is no baseline 'none' in glue-baselines"),
        ([*PUBLISHED, "--task=sst2"], "--task=rte, sst2; accepted: one task, or several with --baseline=NAME"),
        (["power", "--task=rte", "--examples=277", "--score=66"], "score 66; accepted: an accuracy above 0 and below"),
    ],
)
def test_a_plan_without_what_it_needs(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message goes to stderr, and the command ends with 2."""
    monkeypatch.chdir(tmp_path)
    assert 2 == main(arguments)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--seeds=0", "'0': expected a whole number from 1 up"),
        ("--alpha=0.5", "'0.5': expected a probability above 0 and below 0.5"),
        ("--drop=2%", "'2%': expected a number above 0"),
    ],
)
def test_a_number_that_is_not_accepted(argument: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*PUBLISHED, argument])
    assert message in capsys.readouterr().err


def test_no_heavy_library_is_imported() -> None:
    """The table needs numpy and scipy, and neither torch nor transformers."""
    script = (
        f"import sys; from pytest_glue.cli import main; main({PUBLISHED!r}); "
        "print(sorted({'torch', 'transformers', 'datasets', 'optuna', 'ray'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.splitlines()[-1]


def test_a_table_of_rises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where lower is better, the title has the error itself, and the cells are rises, which may be larger than 1."""
    mine = replace(GLUE["stsb"], name="mine", metrics=("mse",))
    references = [0.1 * (number % 50) for number in range(200)]
    runs = []
    for seed in range(3):
        predictions = [each + 1.5 + 0.02 * seed + 0.1 * ((number + seed) % 7) for number, each in enumerate(references)]
        runs.append(Run(seed, compute(mine, predictions, references), (), tuple(predictions), 1.0))
    evaluation = make_evaluation(runs, task="mine", headline_metric="mse", n_eval=200, references=tuple(references))
    file = tmp_path / "main" / "mine" / "sample.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(encode_baseline(Baseline.of(evaluation, mine, {}, {}))))
    asked = ["power", "--baseline=main", f"--storage={tmp_path}", "--seeds", "3", "10", "--items", "1"]
    assert 0 == main(asked)
    title, meaning, _, three, ten = capsys.readouterr().out.splitlines()
    assert title.startswith("mine · a/b@86b5e09: mse 3.3")
    assert meaning.startswith("rise that is detected with a power of 80 %")
    assert 0 < float(ten.split()[1]) < float(three.split()[1]) < 3
    assert 0 == main([*asked, "--json", "--drop=1.5"])
    cells = json.loads(capsys.readouterr().out)
    assert [1.5, 1.5] == [each["drop"] for each in cells]
    assert all(each["score"] > 3 and 0.9 < each["power"] <= 1 for each in cells)
