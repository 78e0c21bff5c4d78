"""Checkpoints that are evaluated as they are, with `--glue-evaluate-only`."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

SMALL = ("--glue-data=sample", "--glue-tasks=sst2", "--glue-max-eval-samples=48", "--glue-json=out.json")
TRAINED = (
    *("--glue-checkpoints=sample", "--glue-max-train-samples=64", "--glue-threshold=sst2=0"),
    *("--glue-recipe=num_train_epochs=2", "--glue-recipe=learning_rate=1e-3"),
)
EVALUATED = (*SMALL, "--glue-evaluate-only", "--glue-threshold=sst2=0")
SAVES = """
def test_glue(glue_evaluation, glue_trainer):
    glue_evaluation.check()
    glue_trainer.save_model("tuned")
"""
SUITE = """
def test_glue(glue_evaluation):
    glue_evaluation.check()
"""
NO_TRAINER = """
import pytest

@pytest.fixture
def glue_trainer():
    raise AssertionError("nothing is trained")

@pytest.fixture
def glue_training_arguments():
    raise AssertionError("nothing is trained")
"""
MARKED = """
import pytest

@pytest.mark.glue(evaluate_only=True)
def test_evaluated(glue_evaluation):
    glue_evaluation.check()

def test_trained(glue_evaluation):
    glue_evaluation.check()
"""
SAYS_THE_OPPOSITE = """
import pytest

@pytest.fixture
def glue_model_init(glue_model_init):
    def make(trial=None):
        model = glue_model_init(trial)
        model.classifier.weight.data *= -1
        model.classifier.bias.data *= -1
        return model
    return make
"""


@pytest.fixture(scope="session")
def fine_tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what a fine-tuning leaves, which all tests share: checkpoint, report and baseline."""
    return tmp_path_factory.mktemp("fine_tuned") / "all"


@pytest.fixture
def trained(pytester: pytest.Pytester, here: Run, fine_tuned: Path) -> Mapping[str, Any]:
    """The result of a fine-tuning whose checkpoint is in the folder `tuned`, and whose baseline is `trained`."""
    if not fine_tuned.is_dir():
        pytester.makepyfile(test_suite=SAVES)
        here(*SMALL, *TRAINED, "--glue-save=trained").assert_outcomes(passed=1)
        fine_tuned.mkdir()
        for name in ("tuned", "glue-baselines"):
            shutil.copytree(pytester.path / name, fine_tuned / name)
        shutil.copy(pytester.path / "out.json", fine_tuned / "trained.json")
    shutil.copytree(fine_tuned, pytester.path, dirs_exist_ok=True)
    pytester.makepyfile(test_suite=SUITE)
    result: Mapping[str, Any] = json.loads((fine_tuned / "trained.json").read_text("utf-8"))["results"][0]
    return result


@pytest.fixture
def evaluate(here: Run, trained: Mapping[str, Any]) -> Run:
    """Evaluate the checkpoint `tuned` as it is."""
    return lambda *args: here(*EVALUATED, "--glue-checkpoints=./tuned", *args)


def relabelled(folder: Path, names: Sequence[str], order: Sequence[int | None]) -> None:
    """Save `tuned` with other label names and order of outputs; None stands for an output that always wins."""
    import torch
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder.with_name("tuned"))
    head = model.classifier
    weights, biases = head.weight.data, head.bias.data
    head.weight.data = torch.stack([torch.zeros_like(weights[0]) if at is None else weights[at] for at in order])
    head.bias.data = torch.stack([torch.tensor(100.0) if at is None else biases[at] for at in order])
    model.config.id2label, model.config.problem_type = dict(enumerate(names)), None
    model.config.label2id = {name: index for index, name in enumerate(names)}
    shutil.copytree(folder.with_name("tuned"), folder)
    model.save_pretrained(folder)


def predictions(pytester: pytest.Pytester, name: str, checkpoint: str) -> list[list[str]]:
    """Return the predictions that a baseline of sst2 records."""
    file = pytester.path / "glue-baselines" / name / "sst2" / f"{checkpoint}.json"
    return [run["predictions"] for run in json.loads(file.read_text("utf-8"))["runs"]]


def test_the_scores_are_those_at_the_end_of_the_fine_tuning(
    pytester: pytest.Pytester, evaluate: Run, trained: Mapping[str, Any], report: Report
) -> None:
    """Also where the data has no training split, and no fixture of a training can be set up."""
    from pytest_glue.sample.examples import sample_dataset

    data = sample_dataset("sst2")
    (pytester.path / "data" / "sst2").mkdir(parents=True)
    data["validation"].to_parquet(pytester.path / "data" / "sst2" / "validation.parquet")
    pytester.makeconftest(NO_TRAINER)

    result = evaluate("--glue-data=data", "--glue-save=main")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "glue: tasks sst2; checkpoints tuned; evaluated only",
            "sst2: evaluated only: the checkpoint was scored as it is, so there is no variance between seeds",
        ]
    )
    (found,) = report()["results"]
    assert pytest.approx(trained["metrics"], abs=1e-6) == found["metrics"]
    assert 0.6 < found["score"] < 1
    assert predictions(pytester, "trained", "sample") == predictions(pytester, "main", "tuned")
    assert (True, 0, 48, {}, [42]) == tuple(
        found[name] for name in ("evaluate_only", "n_train", "n_eval", "recipe", "seeds")
    )
    assert not trained["evaluate_only"]
    assert report()["options"]["evaluate_only"]


def test_labels_are_mapped_by_name(
    pytester: pytest.Pytester, evaluate: Run, trained: Mapping[str, Any], report: Report
) -> None:
    """Their order does not matter. Labels that the task lacks count as wrong where they are predicted."""
    folder = pytester.path
    relabelled(folder / "swapped", ["positive", "negative"], [1, 0])
    relabelled(folder / "generic", ["LABEL_0", "LABEL_1"], [0, 1])
    relabelled(folder / "more", ["neutral", "negative", "positive"], [None, 0, 1])

    evaluate("--glue-checkpoints=./swapped,./generic,./more").assert_outcomes(passed=3)

    generic, more, swapped = report()["results"]
    assert pytest.approx(trained["metrics"], abs=1e-6) == swapped["metrics"]
    assert pytest.approx(trained["metrics"], abs=1e-6) == generic["metrics"]
    assert {"accuracy": 0.0} == more["metrics"]
    note = "head: the checkpoint's own, with labels that sst2 lacks (neutral); these count as wrong"
    assert note in more["notes"]
    (ranked,) = report()["ranks"]["tasks"]
    assert {"generic", "swapped"} == set(ranked["best"])


def test_what_cannot_be_evaluated_is_an_error(pytester: pytest.Pytester, evaluate: Run, report: Report) -> None:
    """Other labels, with both lists; a checkpoint without a head; and weights without one."""
    from safetensors.torch import load_file, save_file

    folder = pytester.path
    relabelled(folder / "other", ["entailment", "not_entailment"], [0, 1])
    weights = load_file(folder / "tuned" / "model.safetensors")
    shutil.copytree(folder / "tuned", folder / "headless")
    encoder = {name: value for name, value in weights.items() if not name.startswith("classifier")}
    save_file(encoder, folder / "headless" / "model.safetensors", {"format": "pt"})

    evaluate("--glue-checkpoints=./other,sample,./headless").assert_outcomes(errors=3)

    headless, other, sample = (each["message"] for each in report()["errors"])
    assert "the file lacks classifier.bias, classifier.weight, so that a part of the model would be random" in headless
    assert "['entailment', 'not_entailment'], and sst2 has the labels ['negative', 'positive']" in other
    assert "sample has no classification head (BertModel), so there is nothing to evaluate" in sample


def test_overridden_fixtures_take_part(
    pytester: pytest.Pytester, evaluate: Run, trained: Mapping[str, Any], report: Report
) -> None:
    """A model of the user's own is evaluated; a test that uses the trainer is an error."""
    pytester.makeconftest(SAYS_THE_OPPOSITE)
    pytester.makepyfile(
        test_suite=SUITE, test_trainer="def test_trainer(glue_trainer, glue_task, glue_checkpoint):\n    assert 0\n"
    )

    evaluate().assert_outcomes(passed=1, errors=1)

    (found,), (error,) = report()["results"], report()["errors"]
    assert pytest.approx(1 - trained["score"], abs=1e-6) == found["score"]
    assert "belong to a training, and --glue-evaluate-only trains nothing" in error["message"]


def test_the_evaluation_is_cached(pytester: pytest.Pytester, evaluate: Run, report: Report) -> None:
    """It is one run whatever the first seed's number of further ones; a fine-tuning has another key."""
    evaluate().assert_outcomes(passed=1)
    (first,) = report()["results"]
    evaluate("--glue-cache=only", "--glue-max-train-samples=3").assert_outcomes(passed=1)
    (second,) = report()["results"]
    assert [False, True] == [each["runs"][0]["cached"] for each in (first, second)]
    assert first["metrics"] == second["metrics"]
    assert set(first["notes"]) <= set(second["notes"])
    missed = [argument for argument in EVALUATED if argument != "--glue-evaluate-only"]
    result = pytester.runpytest_inprocess(*missed, "--glue-checkpoints=./tuned", "--glue-cache=only")
    result.assert_outcomes(errors=1)


def test_fixed_models_are_compared(pytester: pytest.Pytester, evaluate: Run, report: Report) -> None:
    """With a baseline of their kind over examples alone, and with a fine-tuned one as a note says."""
    evaluate("--glue-save=main", "--glue-checkpoints=model=./tuned").assert_outcomes(passed=1)
    pytester.makeconftest(SAYS_THE_OPPOSITE)

    worse = evaluate("--glue-compare=main", "--glue-checkpoints=model=./tuned")
    tuned = evaluate("--glue-compare=trained", "--glue-max-drop=0.1")

    worse.assert_outcomes(failed=1)
    worse.stdout.fnmatch_lines(["*a drop (*; both evaluated only, so seeds are not covered; n=48)"])
    note = "trained was fine-tuned and this checkpoint is evaluated only: the comparison covers trained's seeds, and *"
    tuned.stdout.fnmatch_lines([f"sst2: {note}"])
    assert "; evaluated only, against 1 seed; n=48)" in report()["results"][0]["reason"]


def test_an_unchanged_model_is_certified(evaluate: Run, report: Report) -> None:
    asked = ("--glue-certify", "--glue-save=main")
    evaluate(*asked).assert_outcomes(passed=1)
    evaluate("--glue-certify", "--glue-compare=main", "--glue-max-drop=0.05").assert_outcomes(passed=1)
    (found,) = report()["results"]
    certificate = found["baseline"]["certificate"]
    assert (True, 0.0, 96) == (certificate["certified"], certificate["changed"], certificate["n_texts"])


def test_a_marker_asks_for_one_test_alone(pytester: pytest.Pytester, here: Run, trained: Any, report: Report) -> None:
    """The other test of the same test run is fine-tuned with all of its seeds."""
    pytester.makepyfile(test_suite=MARKED)
    limits = ("--glue-max-train-samples=16", "--glue-recipe=num_train_epochs=1", "--glue-seeds=2")
    given = ("--glue-checkpoints=./tuned", "--glue-threshold=sst2=0")
    here(*SMALL, *limits, *given).assert_outcomes(passed=2)
    assert [(1, True), (2, False)] == [(len(each["runs"]), each["evaluate_only"]) for each in report()["results"]]


def test_shards_evaluate_too(trained: Any, here: Run, report: Report) -> None:
    """The item of one shard has the metrics that both items have in one test run."""
    asked = (*EVALUATED, "--glue-checkpoints=a=./tuned,b=./tuned")
    here(*asked).assert_outcomes(passed=2)
    both = [each["metrics"] for each in report()["results"]]
    here(*asked, "--glue-shard=1/2", "--glue-cache=off").assert_outcomes(passed=1)
    (one,) = report()["results"]
    assert both == [one["metrics"]] * 2


def test_slices_and_golden_examples(pytester: pytest.Pytester, evaluate: Run, report: Report) -> None:
    """A checkpoint that says the opposite is compared slice by slice, without seeds, and misses texts."""
    pytester.makeconftest(
        """
        from dataclasses import replace
        from pathlib import Path
        from pytest_glue.core.slices import Slice
        from pytest_glue.core.tasks import GLUE

        def pytest_glue_register_tasks(registry):
            slices = (Slice("idx", "first", maximum=23), Slice("idx", "last", minimum=24))
            golden = str(Path(__file__).with_name("golden.csv"))
            registry.add(replace(GLUE["sst2"], name="mine", slices=slices, golden=golden, golden_min=0.0))
        """
    )
    (pytester.path / "golden.csv").write_text("sentence,label\na good film,positive\na bad film,negative\n", "utf-8")
    mine = ("--glue-tasks=mine", "--glue-threshold=mine=0")
    evaluate(*mine, "--glue-save=main").assert_outcomes(passed=1)
    (before,) = report()["results"]
    with (pytester.path / "conftest.py").open("a", encoding="utf-8") as file:
        file.write(SAYS_THE_OPPOSITE)
    opposite = evaluate(*mine, "--glue-compare=main", "--glue-max-drop=0.1")
    (after,) = report()["results"]

    opposite.assert_outcomes(failed=1)
    assert "fail" in {each["verdict"] for each in after["slices"]}
    assert all(each["baseline"]["difference"] < -0.5 for each in after["slices"])
    assert [24, 24] == [each["n_eval"] for each in after["slices"]]
    assert 2 == before["golden"]["n_missed"] + after["golden"]["n_missed"]


OWN_TASK = """
[tool.pytest_glue]
tasks = ["tickets"]

[tool.pytest_glue.task.tickets]
data = {{ test = "tickets.csv" }}
evaluation_split = "test"
text = "message"
label = "{label}"
kind = "{kind}"
{more}
metrics = ["accuracy"]
slices = ["language"]
golden = "golden.csv"
"""


def test_an_own_task_needs_its_test_set_only(
    pytester: pytest.Pytester, here: Run, trained: Mapping[str, Any], report: Report
) -> None:
    """With slices and golden examples; without the option, the missing training split is an error of the item."""
    from pytest_glue.sample.examples import sample_dataset

    rows = sample_dataset("sst2")["validation"].select(range(48)).to_list()
    names = ["negative", "positive"]
    lines = [
        f'"{row["sentence"]}",{names[row["label"]]},{"de" if number % 2 else "en"}' for number, row in enumerate(rows)
    ]
    (pytester.path / "tickets.csv").write_text("\n".join(["message,mood,language", *lines]) + "\n", "utf-8")
    golden = "\n".join(["message,mood", lines[0].rpartition(",")[0]])
    (pytester.path / "golden.csv").write_text(f"{golden}\n", "utf-8")
    pytester.makepyprojecttoml(
        OWN_TASK.format(label="mood", kind="classification", more='labels = ["negative", "positive"]')
    )
    given = ("--glue-checkpoints=./tuned", "--glue-json=out.json")

    here(*given).assert_outcomes(errors=1)
    (error,) = report()["errors"]
    here(*given, "--glue-evaluate-only").assert_outcomes(passed=1)

    assert "needs the split 'train'; there: test; without it, --glue-evaluate-only scores" in error["message"]
    (found,) = report()["results"]
    assert pytest.approx(trained["metrics"], abs=1e-6) == found["metrics"]
    assert {"language=de", "language=en"} == {each["name"] for each in found["slices"]}
    assert (1, 1.0) == (found["golden"]["n_examples"], found["golden"]["share"])


def test_sets_of_labels_are_evaluated(pytester: pytest.Pytester, here: Run, trained: Any, report: Report) -> None:
    """A head with a further label predicts another set where it predicts that label too."""
    rows = [f"a b c,{'good;old' if number % 2 else 'old'}" for number in range(24)]
    (pytester.path / "tickets.csv").write_text("\n".join(["message,marks", *rows]) + "\n", "utf-8")
    more = 'labels = ["good", "old"]\nlabel_separator = ";"'
    table = OWN_TASK.format(label="marks", kind="multi_label", more=more)
    pytester.makepyprojecttoml(table.replace('slices = ["language"]\ngolden = "golden.csv"\n', ""))
    relabelled(pytester.path / "two", ["old", "good"], [None, None])
    relabelled(pytester.path / "three", ["old", "good", "rare"], [None, None, None])

    here(
        "--glue-evaluate-only", "--glue-checkpoints=./two,./three", "--glue-json=out.json", "--glue-threshold=tickets=0"
    )

    three, two = report()["results"]
    assert (0.0, 0.5) == (three["metrics"]["accuracy"], two["metrics"]["accuracy"])


def test_a_fine_tuned_checkpoint_is_submitted(pytester: pytest.Pytester, evaluate: Run) -> None:
    """The test split is predicted without a training: of the evaluation examples, in any order, as recorded."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def glue_data(glue_data):
            examples = glue_data["validation"]
            glue_data["test"] = examples.select(range(len(examples) - 1, -1, -1))
            return glue_data
        """
    )
    evaluate("--glue-submission=submission").assert_outcomes(passed=1)
    (baseline,) = (pytester.path / "glue-baselines" / "trained" / "sst2").iterdir()
    (run,) = json.loads(baseline.read_text("utf-8"))["runs"]
    rows = [f"{index}\t{digit}" for index, digit in enumerate("".join(run["predictions"]))]
    assert ["index\tprediction", *rows] == (pytester.path / "submission" / "SST-2.tsv").read_text("utf-8").splitlines()
