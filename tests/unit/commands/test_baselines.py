"""The command `pytest-glue baselines`."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.core.tasks import GLUE
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from tests.factories import DIGEST, RTE_LABELS, make_baseline, make_evaluation, make_runs

Output = Callable[..., tuple[int, list[str], str]]
COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `glue-baselines` of a project, with `main` and `next`, of which only `main` has mrpc."""
    monkeypatch.chdir(tmp_path)
    old = (datetime.now(UTC) - timedelta(days=45, hours=1)).isoformat(timespec="seconds")
    rte = replace(make_baseline(make_runs("rte", RTE_LABELS, 76, 80, 84)), recorded_at=old, commit=COMMIT)
    mrpc = Baseline.of(make_evaluation(make_runs("mrpc", RTE_LABELS, 70), task="mrpc"), GLUE["mrpc"], {}, {})
    newer = replace(
        make_baseline(
            make_runs("rte", RTE_LABELS, 80, 84), recipe={"learning_rate": 1e-4}, libraries={"torch": "2.10"}
        ),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    folder = tmp_path / "glue-baselines"
    for name, task, baseline in (("main", "rte", rte), ("main", "mrpc", mrpc), ("next", "rte", newer)):
        baseline_storage.write(baseline_storage.path_of(folder, name, task, "a-b"), baseline)
    return folder


@pytest.fixture
def run(storage: Path, capsys: pytest.CaptureFixture[str]) -> Output:
    """Run the command in the project; return exit code, lines and error output."""

    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = main(["baselines", *arguments])
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err

    return run


def test_list(run: Output) -> None:
    """A line for each item: score, seeds, age, commit and the checkpoint's digest."""
    code, (titles, *rows, total), errors = run("list")
    assert (0, "") == (code, errors)
    assert "baseline task checkpoint digest metric score seeds age commit" == " ".join(titles.split())
    assert [" ".join(row.split()) for row in rows] == [
        "main mrpc a/b@86b5e09 1111111 accuracy 0.747 1 unknown",
        "main rte a/b@86b5e09 1111111 accuracy 0.711 3 45 days 86b5e09",
        "next rte a/b@86b5e09 1111111 accuracy 0.704 2 today",
    ]
    assert "2 baselines with 3 items in glue-baselines" == total


def test_list_as_json(run: Output) -> None:
    """The facts of each item, without predictions."""
    code, lines, _ = run("list", "--json")
    _mrpc, rte, _next = json.loads("\n".join(lines))["baselines"]
    assert 0 == code
    assert ("main", "rte", [42, 43, 44], 45, COMMIT, DIGEST, True) == (
        rte["name"],
        rte["task"],
        rte["seeds"],
        rte["age_days"],
        rte["commit"],
        rte["checkpoint"]["digest"],
        rte["has_references"],
    )
    assert {"seed", "metrics"} == rte["runs"][0].keys()


def test_the_folder_of_the_table(run: Output, storage: Path) -> None:
    """The table of the project names the folder, a flag another one."""
    storage.rename("records")
    assert "0 baselines with 0 items in glue-baselines" == run("list")[1][-1]
    Path("pyproject.toml").write_text('[tool.pytest_glue]\nstorage = "records"\n', "utf-8")
    assert "2 baselines with 3 items in records" == run("list")[1][-1]
    assert "0 baselines with 0 items in other" == run("list", "--storage=other")[1][-1]


def test_the_folder_of_a_table_above(
    run: Output, storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder of the project too, where a mistake in another option does not matter; `power` reads it as well."""
    storage.rename("records")
    Path("pyproject.toml").write_text('[tool.pytest_glue]\nstorage = "records"\nseeds = "x"\n', "utf-8")
    Path("suites").mkdir()
    monkeypatch.chdir("suites")
    assert "2 baselines with 3 items in ../records" == run("list")[1][-1]
    assert 2 == main(["power", "--baseline=none"])
    assert "there is no baseline 'none' in ../records" in capsys.readouterr().err


def test_show(run: Output) -> None:
    """Everything that a file says, by item; a file can be named too."""
    code, lines, _ = run("show", "main")
    text = "\n".join(lines)
    assert 0 == code
    for part in (
        "rte · a/b@86b5e09",
        "accuracy 0.711",
        "42: 0.726, 43: 0.711, 44: 0.697",
        "277 examples of validation",
    ):
        assert part in text
    assert "torch 2.9" in text
    assert text.endswith("detectable drop  0.040 with 3 seeds")
    code, lines, _ = run("show", "glue-baselines/next/rte/a-b.json", "--json")
    assert (0, [42, 43]) == (code, json.loads("\n".join(lines))["baselines"][0]["seeds"])


def test_diff(run: Output) -> None:
    """What differs for each item of both, and what only one has."""
    code, lines, _ = run("diff", "main", "next")
    assert 0 == code
    assert ["rte · a/b@86b5e09", "only in main: mrpc · a/b@86b5e09"] == [each for each in lines if each[0] != " "]
    found = dict(each.strip().split("  ", 1) for each in lines if each[0] == " ")
    assert "0.711191 -> 0.703971" == found["score"].strip()
    assert "42, 43, 44 -> 42, 43" == found["seeds"].strip()
    assert ("1 -> none", "none -> 0.0001", "2.9 -> 2.10") == tuple(
        found[name].strip() for name in ("recipe num_train_epochs", "recipe learning_rate", "libraries torch")
    )
    file = "glue-baselines/main/rte/a-b.json"
    assert (0, ["rte · a/b@86b5e09: no difference"], "") == run("diff", file, file)


def test_diff_as_json(run: Output) -> None:
    content = json.loads("\n".join(run("diff", "main", "next", "--json")[1]))
    assert ["glue-baselines/main/mrpc/a-b.json"] == content["only_in_first"]
    assert [] == content["only_in_second"]
    (item,) = content["items"]
    assert ("rte", "a-b", [[42, 43, 44], [42, 43]]) == (item["task"], item["checkpoint"], item["differences"]["seeds"])


def test_delete_needs_an_answer(run: Output, storage: Path) -> None:
    """Without a terminal and --yes, nothing is deleted."""
    code, lines, message = run("delete", "main")
    assert (2, []) == (code, lines)
    assert "nothing was deleted: this would delete 2 files of baseline main; repeat the command with --yes" in message
    assert 2 == len(list(storage.glob("main/*/*.json")))


def test_delete(run: Output, storage: Path) -> None:
    """The files and the folders that are empty then; other baselines stay."""
    assert (0, ["deleted 2 files of baseline main"], "") == run("delete", "main", "--yes")
    assert ["next"] == [each.name for each in storage.iterdir()]
    assert (0, ["deleted 1 file of baseline glue-baselines/next/rte/a-b.json"], "") == run(
        "delete", "glue-baselines/next/rte/a-b.json", "--yes"
    )


def test_what_is_no_baseline_is_not_deleted(run: Output, storage: Path) -> None:
    """Other files in the folder, reports and damaged files stay, and are named."""
    kept = {
        "notes.txt": "mine",
        "report.json": '{"schema_version": 1, "results": [], "environment": {}}',
        "cut.json": "{",
    }
    for name, content in kept.items():
        (storage / "main" / "rte" / name).write_text(content, "utf-8")
    code, lines, message = run("delete", "main", "--yes")
    assert (1, ["deleted 2 files of baseline main"]) == (code, lines)
    assert sorted(kept) == sorted(each.name for each in storage.glob("main/*/*"))
    assert 2 == message.count("kept, since it is no baseline that can be read: ")
    (storage / "main" / "rte" / "report.json").rename("report.json")
    code, lines, message = run("delete", "report.json", "--yes")
    assert (2, []) == (code, lines)
    assert message.startswith("nothing was deleted: baseline ")
    assert Path("report.json").exists()
    code, lines, message = run("delete", "other.json", "--yes")
    assert (2, [], True) == (code, lines, "does not exist" in message)


@pytest.mark.parametrize("name", ["..", "../main", "/etc", ".", "main/rte"])
def test_a_name_that_leaves_the_folder(run: Output, storage: Path, name: str) -> None:
    """Only names of baselines are accepted."""
    code, _, message = run("delete", name, "--yes")
    assert 2 == code
    assert "is not a name of a baseline; accepted: " in message
    assert 3 == len(list(storage.glob("*/*/*.json")))


@pytest.mark.parametrize("linked", ["main", "main/rte"])
def test_a_link_is_not_followed(run: Output, storage: Path, tmp_path: Path, linked: str) -> None:
    """The files behind it may be those of another project."""
    (storage / linked).rename(tmp_path / "outside")
    (storage / linked).symlink_to(tmp_path / "outside")
    code, _, message = run("delete", "main", "--yes")
    assert (2, f"nothing was deleted: {Path('glue-baselines', linked)} is a link; delete it by hand\n") == (
        code,
        message,
    )
    assert 2 == len(list(storage.glob("main/*/*.json")))


def test_a_folder_whose_name_no_baseline_can_have(run: Output, storage: Path) -> None:
    """The others are listed, and so is it."""
    (storage / "next").rename(storage / "next (copy)|\u202e\n::error::x")
    code, lines, message = run("list")
    assert (0, "", "2 baselines with 3 items in glue-baselines") == (code, message, lines[-1])
    assert r"next (copy)|\u202e\n::error::x  rte" in lines[3]


@pytest.mark.parametrize("arguments", [("show", "mian"), ("diff", "main", "mian"), ("delete", "mian", "--yes")])
def test_an_unknown_name(run: Output, arguments: tuple[str, ...]) -> None:
    code, _, message = run(*arguments)
    assert (2, "there is no baseline 'mian' in glue-baselines; did you mean main?\n") == (code, message)


def test_odd_values(run: Output, storage: Path) -> None:
    """What a file holds is no command to a terminal or a CI log, and JSON has no infinity."""
    odd = make_baseline(
        make_runs("rte", RTE_LABELS, 80), visible_drops={3: math.inf}, recipe={"a": "\x1b[31m\n::error::b"}
    )
    baseline_storage.write(storage / "odd" / "rte" / "a-b.json", replace(odd, visible_drops={}))
    file = storage / "odd" / "rte" / "a-b.json"
    file.write_text(file.read_text("utf-8").replace('"visible_drops": {}', '"visible_drops": {"3": 1e999}'), "utf-8")
    code, lines, _ = run("show", "odd", "--json")
    (found,) = json.loads("\n".join(lines), parse_constant=pytest.fail)["baselines"]
    assert (0, {"3": None}) == (code, found["minimum_detectable_drops"])
    text = run("show", "odd")[1]
    assert not any(line.startswith("::") or "\x1b" in line for line in text)
    assert any("recipe" in line and "\\x1b[31m\\n::error::b" in line for line in text)


def test_a_damaged_file(run: Output, storage: Path) -> None:
    """It is named, with exit code 1; the others are shown."""
    (storage / "main" / "rte" / "a-b.json").write_text("{", "utf-8")
    code, lines, message = run("list")
    assert (1, "2 baselines with 2 items in glue-baselines") == (code, lines[-1])
    assert "a-b.json is damaged (not JSON: " in message


def test_json_is_plain(run: Output) -> None:
    """Every command with --json prints JSON only."""
    for arguments in (("list",), ("show", "next"), ("diff", "main", "next")):
        content: Any = json.loads("\n".join(run(*arguments, "--json")[1]))
        assert content
