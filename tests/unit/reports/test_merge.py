"""Merging the reports of shards into one."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import SYNTHETIC_DATA, Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.study import Study
from pytest_glue.core.verdict import Verdict
from pytest_glue.data.sample import SampleSource
from pytest_glue.reports.json import SCHEMA, document, write
from pytest_glue.reports.merge import merge
from pytest_glue.reports.recorded_report import evaluations, is_red, read, summary_lines

jsonschema = importlib.import_module("jsonschema")  # ships no types

Like = Callable[..., Evaluation]
MakeReport = Callable[..., dict[str, Any]]

NODEIDS = ("s.py::test[a]", "s.py::test[b]", "s.py::test[c]")


@pytest.fixture
def found(like: Like, study: Study) -> list[Evaluation]:
    """Evaluations of three items, of which the last passes."""
    return [
        like(nodeid=NODEIDS[0], task="cola", device="cuda:0"),
        like(nodeid=NODEIDS[1], task="mrpc", verdict=Verdict.INCONCLUSIVE, reason="not clear", study=study),
        like(nodeid=NODEIDS[2], failed=False, verdict=Verdict.PASS),
    ]


@pytest.fixture
def shard_report(found: list[Evaluation], tmp_path: Path) -> MakeReport:
    """Make the report of a shard with the items of these indices, as read from its file."""

    def make(shard: str | None, *indices: int, errors: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
        given = {"data": "sample", "cache_dir": shard or "runs", **({"shard": shard} if shard else {}), **options}
        family = Family.of_shards(4, [["a"], ["b"]]) if shard else Family(4)
        asked = combine([OptionSource("{name}", given, tmp_path)])
        report = document(asked, [found[index] for index in indices], errors or {}, tmp_path, family)
        plain: dict[str, Any] = json.loads(json.dumps(report))
        return plain

    return make


def refused(**reports: dict[str, Any]) -> str:
    """Return the error message of reports that cannot be merged."""
    with pytest.raises(ReportError) as caught:
        merge({f"{name}.json": report for name, report in reports.items()})
    return str(caught.value)


def test_the_merged_report_is_that_of_one_run(shard_report: MakeReport) -> None:
    """The merged report is that of one test run, in whatever order the shards are given."""
    errors = {"s.py::test[d]": "out of memory"}
    whole = shard_report(None, 0, 1, 2, errors=errors)

    merged = merge({"b.json": shard_report("2/2", 1, errors=errors), "a.json": shard_report("1/2", 2, 0)})

    jsonschema.validate(merged, json.loads(SCHEMA.read_text("utf-8")), jsonschema.Draft202012Validator)
    del whole["options"]["cache_dir"], merged["options"]["cache_dir"]
    assert whole == merged


def test_a_shard_without_items(shard_report: MakeReport) -> None:
    """A shard may have no items."""
    assert NODEIDS == tuple(
        each["nodeid"] for each in merge({"a": shard_report("1/2"), "b": shard_report("2/2", 1, 0, 2)})["results"]
    )


def test_results_are_evaluations_again(shard_report: MakeReport, found: list[Evaluation]) -> None:
    """The results of a report are read as evaluations, with their searches."""
    read_again = evaluations(shard_report(None, 0, 1, 2))
    assert [(each.nodeid, each.search, each.verdict, each.reason) for each in found] == [
        (each.nodeid, each.search, each.verdict, each.reason) for each in read_again
    ]


def test_an_old_report_is_read() -> None:
    """A report that an earlier version wrote is valid, and its results are evaluations with comparison and search."""
    report = read(Path(__file__).with_name("data") / "report.json")
    jsonschema.validate(report, json.loads(SCHEMA.read_text("utf-8")), jsonschema.Draft202012Validator)
    compared, searched = evaluations(report)
    assert (Verdict.INCONCLUSIVE, (42, 43), 0.4361107237329862) == (compared.verdict, compared.seeds, compared.score)
    assert compared.baseline is not None
    assert (0.43466569944053646, "own runs", []) == tuple(
        compared.baseline[name] for name in ("smallest_visible_drop", "spread_source", "looks")
    )
    assert searched.search is not None
    assert (2, "held-out") == (len(searched.search.trials), searched.search.terms.split)
    assert report["results"][1]["search"]["best"]["objective"] == searched.search.best.objective


def test_missing_shards_are_named(shard_report: MakeReport) -> None:
    """Missing shards are named with the flags that run them."""
    assert "missing 2 of 4 shards: 2/4, 4/4; run them with --glue-shard=2/4 and --glue-shard=4/4" == refused(
        a=shard_report("1/4", 0), b=shard_report("3/4", 1)
    )


def test_a_shard_that_is_given_twice(shard_report: MakeReport) -> None:
    """Two reports of one shard are named."""
    assert "shard 1/2 is given more than once: a.json and c.json; leave out all but one" == refused(
        a=shard_report("1/2", 0), b=shard_report("2/2", 1), c=shard_report("1/2", 0)
    )


def test_shards_of_different_divisions(shard_report: MakeReport) -> None:
    """Shards of different divisions are refused."""
    assert "these are not shards of one test run: a.json is shard 1 of 2, b.json is shard 2 of 3" == refused(
        a=shard_report("1/2"), b=shard_report("2/3")
    )


def test_a_report_without_shards(shard_report: MakeReport) -> None:
    """The report of a test run without shards is refused."""
    assert "a.json is not the report of a shard: its test run had no --glue-shard" == refused(a=shard_report(None, 0))


def test_an_interrupted_run(shard_report: MakeReport) -> None:
    """The report of an interrupted test run, which has no family, is refused."""
    broken = shard_report("1/2", 0) | {"family": None}
    assert "a.json is the report of a test run that did not finish: run that shard again" == refused(
        a=broken, b=shard_report("2/2")
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.1}, "their options differ: alpha is 0.05 in a.json and 0.1 in b.json"),
        ({"recipe": {"num_train_epochs": 1}}, 'recipe is {} in a.json and {"num_train_epochs": 1} in b.json'),
        ({"threshold": {"rte": 0.5}}, 'threshold is {} in a.json and {"rte:accuracy": 0.5} in b.json'),
    ],
)
def test_other_options_are_another_run(shard_report: MakeReport, options: dict[str, Any], message: str) -> None:
    """Options must be the same in all shards."""
    assert message in refused(a=shard_report("1/2", 0), b=shard_report("2/2", 1, **options))


@pytest.mark.parametrize(
    "options", [{"storage": "there"}, {"cache": "refresh"}, {"resume": True}, {"search_storage": "there"}]
)
def test_local_options_may_differ(shard_report: MakeReport, options: dict[str, Any]) -> None:
    """Paths and cache options may differ between shards."""
    assert 2 == len(merge({"a": shard_report("1/2", 0), "b": shard_report("2/2", 1, **options)})["results"])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("environment", "commit"), "abc", 'their environments differ: commit is null in a.json and "abc" in b.json'),
        (("environment", "libraries"), {"torch": "1"}, "their environments differ: libraries is "),
        (("family", "size"), 3, "their items differ: size is 4 in a.json and 3 in b.json"),
        (("family", "partition"), "sha256:1", 'their items differ: partition is "sha256:'),
    ],
)
def test_another_commit_or_collection_is_another_run(
    shard_report: MakeReport, path: tuple[str, str], value: object, message: str
) -> None:
    """Shards of another commit, other versions or another division of the items are refused."""
    other = shard_report("2/2", 1)
    other[path[0]][path[1]] = value
    assert message in refused(a=shard_report("1/2", 0), b=other)


def test_an_item_in_two_shards(shard_report: MakeReport) -> None:
    """An item that is in two shards is refused."""
    message = "s.py::test[a] is in more than one shard: these are not shards of one test run"
    assert message == refused(a=shard_report("1/2", 0), b=shard_report("2/2", 0))
    assert message == refused(a=shard_report("1/2", 0), b=shard_report("2/2", errors={NODEIDS[0]: "out of memory"}))


def test_machines_are_all_named(shard_report: MakeReport) -> None:
    """The merged report names the interpreters, platforms and devices of all shards."""
    first, second = shard_report("1/2", 0), shard_report("2/2", 2)
    second["environment"] |= {"python": "3.0", "platform": "BeOS"}
    environment = merge({"a": first, "b": second})["environment"]
    assert ("cpu, cuda:0", True, True) == (
        environment["device"],
        environment["python"].startswith("3.0, 3."),
        environment["platform"].startswith("BeOS, "),
    )
    assert None is merge({"a": shard_report("1/2"), "b": shard_report("2/2")})["environment"]["device"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the report {file} does not exist"),
        ("{", "{file} is not a JSON report, or was cut short: Expecting property name"),
        ("[]", "{file} is not a JSON report of pytest-glue: it has no schema version"),
        (
            '{"schema_version": 2}',
            "{file} has the schema version 2, and this pytest-glue reads 1: install the one that",
        ),
        (
            '{"schema_version": 1, "headline_metric": "f1", "runs": []}',
            "{file} is the file of a baseline, not a JSON rep",
        ),
        (
            '{"schema_version": 1, "environment": {}, "options": {}}',
            "{file} is not a complete report: it has no family; ",
        ),
    ],
)
def test_files_that_are_not_reports(tmp_path: Path, content: str | None, message: str) -> None:
    """The error of a missing, damaged or foreign file names it and what is wrong."""
    file = tmp_path / "a.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ReportError) as caught:
        read(file)
    assert str(caught.value).startswith(message.format(file=file))


def test_the_command(shard_report: MakeReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints table, notes, inconclusive verdicts and errors; a failed item gives exit code 1."""
    write(tmp_path / "a.json", shard_report("1/2", 0, 2))
    write(tmp_path / "b.json", shard_report("2/2", 1, errors={"s.py::test[d]": "out of memory"}))
    files = [str(tmp_path / name) for name in ("b.json", "a.json")]

    assert 1 == main(["merge", *files, "-o", str(tmp_path / "new" / "all.json")])

    lines = capsys.readouterr().out.splitlines()
    assert ["task", "d", "cola", "mrpc", "rte"] == [line.split()[0] for line in lines[:5]]
    assert "all: slow tokenizer" in lines
    assert ["not clear", "s.py::test[d]: out of memory", f"JSON report: {tmp_path / 'new' / 'all.json'}"] == lines[-3:]
    assert NODEIDS == tuple(each["nodeid"] for each in read(tmp_path / "new" / "all.json")["results"])


@pytest.mark.parametrize(("errors", "code"), [({}, 0), ({"s.py::test[d]": "out of memory"}, 1)])
def test_the_exit_code(shard_report: MakeReport, tmp_path: Path, errors: dict[str, str], code: int) -> None:
    """The exit code is 0 if no item failed and none ended in an error."""
    write(tmp_path / "a.json", shard_report("1/1", 2, errors=errors))
    assert code == main(["merge", str(tmp_path / "a.json"), "-o", str(tmp_path / "all.json")])


def test_several_checkpoints_are_not_ranked(
    shard_report: MakeReport, found: list[Evaluation], tmp_path: Path, capsys: pytest.CaptureFixture[str], like: Like
) -> None:
    """Two checkpoints of one task are listed but not ranked, and a line says so."""
    found[0] = like(nodeid=NODEIDS[0])
    write(tmp_path / "a.json", shard_report("1/1", 0, 2))
    main(["merge", str(tmp_path / "a.json"), "-o", str(tmp_path / "all.json")])
    assert "checkpoints are not ranked: that needs predictions, which reports do not contain" in capsys.readouterr().out


def test_a_refused_merge_writes_no_file(
    shard_report: MakeReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused merge prints the reason, writes no file and has exit code 2."""
    write(tmp_path / "a.json", shard_report("1/2", 0))
    assert 2 == main(["merge", str(tmp_path / "a.json"), "-o", str(tmp_path / "all.json")])
    assert "missing 1 of 2 shards: 2/2; run them with --glue-shard=2/2\n" == capsys.readouterr().err
    assert not (tmp_path / "all.json").exists()


def test_the_summary_of_a_merged_report(like: Like, tmp_path: Path) -> None:
    """It says what the end of a test run says: synthetic data, other outcomes than verdicts, and errors by name."""
    sample = like(nodeid="s.py::test[a]", data=SampleSource.description, failed=False, verdict=Verdict.PASS)
    errors = {"s.py::test[mrpc-b]": "out of memory\n::error::x"}
    report = document(Options(), [sample], errors, tmp_path, Family(2), {"s.py::test[a]": "failed"})
    lines = summary_lines(json.loads(json.dumps(report)))
    assert ["mrpc", "b", "error"] == lines[1].split()
    assert lines[2].endswith("pass, test failed")
    index = lines.index("s.py::test[mrpc-b]: out of memory")
    assert "  | ::error::x" == lines[index + 1]
    assert SYNTHETIC_DATA == lines[-1]


@pytest.mark.parametrize(
    ("failed", "outcome", "expected"),
    [
        (True, None, True),
        (False, None, False),
        (True, "failed", True),
        (True, "passed", False),
        (True, "xfailed", False),
        (False, "failed", True),
        (False, "error", True),
    ],
)
def test_a_result_is_red_if_its_test_is(*, failed: bool, outcome: str | None, expected: bool) -> None:
    """Pytest's outcome decides; a report without outcomes has the verdict only."""
    assert expected == is_red({"failed": failed, "outcome": outcome})
    assert failed == is_red({"failed": failed})


@pytest.mark.parametrize(
    ("names", "output", "message"),
    [
        (["a.json", "a.json"], "all.json", "the report {0}/a.json is given twice: leave out one of the two"),
        (["a.json", "same.json"], "all.json", "{0}/same.json is given twice (as {0}/a.json): leave out one of the two"),
        (["a.json"], "a.json", "--output={0}/a.json is the report {0}/a.json: name another one"),
        (["a.json"], "same.json", "--output={0}/same.json is the report {0}/a.json: name another one"),
    ],
)
def test_files_of_the_command(
    shard_report: MakeReport,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    names: list[str],
    output: str,
    message: str,
) -> None:
    """A report is given once and never overwritten, by whichever name."""
    write(tmp_path / "a.json", shard_report("1/1", 0))
    (tmp_path / "same.json").symlink_to("a.json")
    before = (tmp_path / "a.json").read_bytes()

    assert 2 == main(["merge", *(str(tmp_path / name) for name in names), "-o", str(tmp_path / output)])

    assert message.format(tmp_path) in capsys.readouterr().err
    assert before == (tmp_path / "a.json").read_bytes()
