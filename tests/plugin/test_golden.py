"""Golden examples: from the file to the report, and from the cache."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.own_data import write_topics, write_urgency

Run = Callable[..., pytest.RunResult]
ASKED = ("--glue-tasks=mine", "--glue-threshold=mine=0", "--glue-json=out.json")
EXAMPLES = (("a fine film", "positive"), ("a dull film", "negative"), ("fine", "positive"), ("dull, dull", "negative"))


@pytest.fixture
def declared(pytester: pytest.Pytester) -> Callable[..., Path]:
    """Register a task like sst2 with golden examples, and return their file."""

    def declare(share: float = 1.0, name: str = "golden.csv", slices: str = "") -> Path:
        pytester.makeconftest(
            f"""
            from dataclasses import replace
            from pathlib import Path
            from pytest_glue.core.slices import Slice
            from pytest_glue.core.tasks import GLUE

            def pytest_glue_register_tasks(registry):
                file = str(Path(__file__).with_name("{name}"))
                slices = [{slices}]
                registry.add(
                    replace(GLUE["sst2"], name="mine", golden=file, golden_min={share}, slices=tuple(slices))
                )
            """
        )
        return pytester.path / name

    return declare


def write(file: Path, examples: object = EXAMPLES, header: tuple[str, str] = ("sentence", "label")) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([header, *examples])  # type: ignore[misc]


def test_misses_are_named_and_right_predictions_pass(
    declared: Callable[..., Path], tiny: Run, report: Callable[[], Any]
) -> None:
    """Another label in the file needs no training; another text does."""
    file = declared(share=0.0)
    write(file)
    allowed = tiny(*ASKED, "--glue-seeds=2")
    (found,) = report()["results"]
    allowed.assert_outcomes(passed=1)
    seeds_wrong = {(each["example"], seed) for each in found["golden"]["misses"] for seed in each["seeds"]}
    other = {"positive": "negative", "negative": "positive"}
    of_first = [
        (text, other[label] if (index, 42) in seeds_wrong else label) for index, (text, label) in enumerate(EXAMPLES)
    ]

    declared()
    write(file, of_first)
    right = tiny(*ASKED, "--glue-seeds=42,")
    (passed,) = report()["results"]
    write(file, [(of_first[0][0], other[of_first[0][1]]), *of_first[1:]])
    wrong = tiny(*ASKED, "--glue-seeds=42,", "--junitxml=out.xml", "--glue-markdown=out.md")
    (failed,) = report()["results"]

    right.assert_outcomes(passed=1)
    assert (4, 1.0, 0, []) == tuple(passed["golden"][name] for name in ("n_examples", "share", "n_missed", "misses"))
    wrong.assert_outcomes(failed=1)
    wrong.stdout.fnmatch_lines(
        [
            (
                "mine · sample: 1 of 4 golden examples predicted wrong: golden.csv:2 expected "
                f"{other[of_first[0][1]]}, predicted {of_first[0][1]} (seed 42); accuracy *"
            ),
            "*- golden examples that are predicted wrong -*",
            f"golden.csv:2: “a fine film” expected {other[of_first[0][1]]}, predicted {of_first[0][1]} (seed 42)",
        ]
    )
    for name in ("out.json", "out.xml", "out.md"):
        written = (file.parent / name).read_text("utf-8")
        assert ("golden.csv:2" in written, "a fine film" in written) == (True, False)
    assert ("fail", 0.75) == (failed["verdict"], failed["golden"]["share"])
    assert [True, True] == [each["runs"][0]["cached"] for each in (passed, failed)]

    write(file, [("another text", "positive"), ("another text", "negative")])
    again = tiny(*ASKED, "--glue-seeds=42,", "--glue-report-text=none")
    (trained,) = report()["results"]
    again.stdout.fnmatch_lines(["*mine: the cached run of mine with seed 42 predicted other golden examples; *"])
    again.stdout.no_fnmatch_line("*another text*")
    (miss,) = trained["golden"]["misses"]
    assert (False, 2, "golden.csv") == (
        trained["runs"][0]["cached"],
        trained["golden"]["n_examples"],
        miss["place"].partition(":")[0],
    )


@pytest.mark.parametrize(
    ("examples", "header", "message"),
    [
        (EXAMPLES, ("text", "label"), "*golden.csv: * of task mine has no column 'sentence'*"),
        (EXAMPLES, ("sentence", "class"), "*golden.csv: * of task mine has no column 'label'*"),
        ([], ("sentence", "label"), "*golden.csv * no rows*"),
        (
            [("a", "good")],
            ("sentence", "label"),
            "*golden.csv: [[]'good'[]] in column 'label' are not labels of task mine*",
        ),
        ([("a", "")], ("sentence", "label"), "*golden.csv: 1 of 1 values of column 'label' are missing*"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_before_training(
    declared: Callable[..., Path], tiny: Run, examples: object, header: tuple[str, str], message: str
) -> None:
    write(declared(), examples, header)
    result = tiny(*ASKED)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


@pytest.mark.parametrize(
    ("name", "message"),
    [("golden.csv", "*golden.csv does not exist*"), ("golden.xlsx", "*golden.xlsx; accepted: *.jsonl*")],
)
def test_a_file_that_is_not_there(declared: Callable[..., Path], tiny: Run, name: str, message: str) -> None:
    declared(name=name)
    result = tiny(*ASKED)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_overridden_data_is_asked_for_the_split(
    pytester: pytest.Pytester, declared: Callable[..., Path], tiny: Run
) -> None:
    """The golden examples are a split of `glue_data`, so that a change of all texts reaches them."""
    write(declared())
    with (pytester.path / "conftest.py").open("a", encoding="utf-8") as file:
        file.write(
            """
import pytest

@pytest.fixture
def glue_data(glue_data):
    del glue_data["golden"]
    return glue_data
"""
        )
    result = tiny(*ASKED)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["glue_data: task mine has golden examples, and there is no split 'golden'; there: *"])


@pytest.mark.parametrize(
    ("name", "label", "kind", "more", "write_data"),
    [
        ("urgency", "level", "regression", "golden_tolerance = 0.01", write_urgency),
        ("topics", "topics", "multi_label", "", write_topics),
    ],
)
def test_numbers_and_sets_of_labels(
    pytester: pytest.Pytester,
    tiny: Run,
    report: Callable[[], Any],
    name: str,
    label: str,
    kind: str,
    more: str,
    write_data: Callable[[Path], None],
) -> None:
    """A task in TOML finds the file beside its table. What one epoch does not learn is missed, and named as it is."""
    write_data(pytester.path)
    lines = (pytester.path / "train.jsonl").read_text("utf-8").splitlines(keepends=True)
    (pytester.path / "golden.jsonl").write_text("".join(lines[-9:]), "utf-8")
    pytester.makepyprojecttoml(
        f"""
        [tool.pytest_glue.task.{name}]
        data = "."
        text = "message"
        label = "{label}"
        kind = "{kind}"
        golden = "golden.jsonl"
        {more}

        [tool.pytest_glue.threshold]
        {name} = 0
        """
    )
    recipe = ("--glue-recipe=learning_rate=1e-3", "--glue-recipe=num_train_epochs=3") if kind == "regression" else ()
    tiny(f"--glue-tasks={name}", "--glue-json=out.json", *recipe).assert_outcomes(failed=1)
    (found,) = report()["results"]
    golden = found["golden"]
    assert (9, True) == (golden["n_examples"], golden["n_missed"] > 0)
    given = [json.loads(line)[label] for line in lines[-9:]]
    named = [", ".join(each) if isinstance(each, list) else f"{each:.3f}" for each in given]
    assert [named[miss["example"]] for miss in golden["misses"]] == [miss["expected"] for miss in golden["misses"]]
