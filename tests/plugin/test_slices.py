"""Slices: from the data to the report, from the cache, with thresholds and a baseline."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
ASKED = ("--glue-data=data", "--glue-tasks=sst2", "--glue-threshold=sst2=0", "--glue-json=out.json")


@pytest.fixture
def data(pytester: pytest.Pytester) -> None:
    """The sample's data for sst2 with two more columns, which are slices by the table."""
    from pytest_glue.sample.examples import sample_dataset

    splits = sample_dataset("sst2")
    splits["validation"] = splits["validation"].map(
        lambda _, index: {"language": ["de", "en", "fr"][min(index // 30, 2)], "words": index % 10}, with_indices=True
    )
    splits.save_to_disk(str(pytester.path / "data" / "sst2"))
    declare(pytester, '["language", { name = "long", column = "words", min = 6 }]')


def declare(pytester: pytest.Pytester, slices: str) -> None:
    pytester.makepyprojecttoml(f"[tool.pytest_glue.slices]\nsst2 = {slices}\n")


@pytest.mark.usefixtures("data")
def test_slices_are_scored_from_the_cache_too(pytester: pytest.Pytester, tiny: Run, report: Callable[[], Any]) -> None:
    """Other slices of the same runs need no training. One that is too small is shown and not judged."""
    first = tiny(*ASKED, "--glue-max-eval-samples=70", "-v")
    (trained,) = report()["results"]
    declare(pytester, '["words"]')
    second = tiny(*ASKED, "--glue-max-eval-samples=70")
    (cached,) = report()["results"]

    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(
        [
            "slice of *",
            "sst2 * language=de * 30 *",
            "sst2 * language=fr * 10 *not judged",
            "slice language=fr of sst2 not judged: 10 examples, fewer than *",
        ]
    )
    assert ["language=de", "language=en", "language=fr", "long"] == [each["name"] for each in trained["slices"]]
    assert [30, 30, 10, 28] == [each["n_eval"] for each in trained["slices"]]
    total = sum(each["score"] * each["n_eval"] for each in trained["slices"][:3])
    assert pytest.approx(70 * trained["score"]) == total
    assert [False, True] == [each["runs"][0]["cached"] for each in (trained, cached)]
    assert [f"words={number}" for number in range(10)] == [each["name"] for each in cached["slices"]]
    second.stdout.fnmatch_lines(["10 slices without a fail: shown with -v, and in the JSON report (--glue-json)"])


@pytest.mark.usefixtures("data")
def test_a_threshold_of_a_slice(tiny: Run, report: Callable[[], Any], junit: Callable[[], Any]) -> None:
    """A slice that misses it fails the item, and the report says which."""
    result = tiny(*ASKED, "--glue-max-eval-samples=70", "--glue-threshold=sst2[language=de]=1", "--junitxml=out.xml")
    (found,) = report()["results"]
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["sst2 · sample: slice language=de accuracy * < threshold 1.000 (*; n=30); all examples: accuracy *"]
    )
    result.stdout.fnmatch_lines(["sst2 * language=de * 1.000 *fail", "3 slices without a fail: *"])
    german, english = found["slices"][:2]
    assert ("fail", {"accuracy": 1.0}, None) == (german["verdict"], german["thresholds"], english["verdict"])
    properties = {
        each.attrib["name"]: each.attrib["value"] for each in junit()["test_glue[sst2-sample]"].iter("property")
    }
    assert "language=de" == properties["glue.failed_slices"]


@pytest.mark.usefixtures("data")
def test_a_test_of_ones_own_reads_them(pytester: pytest.Pytester, tiny: Run) -> None:
    pytester.makepyfile(
        test_suite="""
        def test_glue(glue_evaluation):
            found = glue_evaluation.slices
            assert ["language=de", "language=en", "language=fr", "long"] == list(found)
            assert 0 <= found["long"].score <= 1
            assert glue_evaluation.golden is None
        """
    )
    tiny(*ASKED, "--glue-max-eval-samples=70").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--glue-threshold=sst2[language=dee]=0.5",),
            "task sst2 has no slice 'language=dee': did you mean language=de *",
        ),
        (
            ("--glue-threshold=sst2[language=fr]=0.5",),
            "the threshold of sst2[[]language=fr] cannot be judged: it has 10 *",
        ),
    ],
)
@pytest.mark.usefixtures("data")
def test_a_threshold_that_cannot_be_judged_is_an_error_of_the_item(
    pytester: pytest.Pytester, tiny: Run, arguments: tuple[str, ...], message: str
) -> None:
    """Nothing is trained."""
    result = tiny(*ASKED, "--glue-max-eval-samples=70", *arguments)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


@pytest.mark.usefixtures("data")
def test_a_missing_column_is_an_error_before_training(pytester: pytest.Pytester, tiny: Run) -> None:
    declare(pytester, '["langage"]')
    result = tiny(*ASKED)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*split 'validation' of task sst2 has no column 'langage'*"])


@pytest.mark.usefixtures("data")
def test_a_wrong_table_ends_the_test_run(pytester: pytest.Pytester, tiny: Run) -> None:
    declare(pytester, '[{ name = "long", column = "words" }]')
    result = tiny(*ASKED)
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*slices in pyproject.toml: slice 'long' has neither values nor min or max*"])


@pytest.mark.usefixtures("data")
def test_slices_are_compared_with_a_baseline(tiny: Run, report: Callable[[], Any]) -> None:
    """An unchanged checkpoint has unchanged slices, which share the item's error rate."""
    seeds = ("--glue-seeds=2", "--glue-max-eval-samples=70")
    tiny(*ASKED, *seeds, "--glue-save=main").assert_outcomes(passed=1)
    result = tiny(*ASKED, *seeds, "--glue-compare=main")
    (found,) = report()["results"]
    result.assert_outcomes(passed=1)
    compared = {each["name"]: each["baseline"] for each in found["slices"]}
    assert compared["language=fr"] is None
    assert 0.5 == found["baseline"]["fail_share"]
    assert [pytest.approx(0.025 / 3)] * 3 == [
        compared[name]["alpha"] for name in ("language=de", "language=en", "long")
    ]
    assert {0.0} == {each["difference"] for each in compared.values() if each}
