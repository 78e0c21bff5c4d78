"""`pytest-glue merge` of reports in which somebody edited a value: merged, or refused with exit code 2."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.study import Study
from pytest_glue.reports.json import document
from tests.damage import DAMAGES, changed, places, remove

Like = Callable[..., Evaluation]
ODD: list[Any] = [None, True, -1, 0, 10**400, 1e308, float("nan"), "", "x", "\0", [], ["a"], {}, {"a": 1}]


@pytest.fixture
def shards(like: Like, study: Study, tmp_path: Path) -> list[Path]:
    """The reports of two shards."""
    files = []
    for part, evaluations in ((1, [like(study=study)]), (2, [like(nodeid="s.py::test[z]", failed=False)])):
        given = {"data": "sample", "shard": f"{part}/2"}
        family = Family.of_shards(2, [["a"], ["z"]])
        options = combine([OptionSource("{name}", given, tmp_path)])
        report = document(options, evaluations, {"s.py::test[e]": "gone"} if part == 1 else {}, tmp_path, family)
        files.append(tmp_path / f"{part}.json")
        files[-1].write_text(json.dumps(report), "utf-8")
    return files


def merged(files: list[Path], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Merge the files, and return exit code and error output."""
    output = files[0].with_name("merged.json")
    code = main(["merge", *map(str, files), "-o", str(output)])
    assert output.exists() == (code != 2)
    output.unlink(missing_ok=True)
    return code, capsys.readouterr().err


@pytest.mark.untraced
def test_every_value_with_every_odd_one(shards: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """No value ends in a traceback: exit code 2 has a message, and nothing was written."""
    content = json.loads(shards[0].read_text("utf-8"))
    assert 1 == merged(shards, capsys)[0]
    for place in places(content):
        for value in ODD:
            shards[0].write_text(json.dumps(changed(content, place, value)), "utf-8")
            code, message = merged(shards, capsys)
            assert (code == 2) == bool(message), (place, value)


def test_a_wrong_type_is_named(shards: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The message has the file, the place in it and what is expected."""
    content = json.loads(shards[0].read_text("utf-8"))
    for place, cause in {
        ("results", 0, "reason"): "Expected `str`, got `list` - at `$.reason`",
        ("errors", 0, "message"): "Expected `str`, got `list` - at `$.errors[0].message`",
        ("environment", "device"): "Expected `str | null`, got `list` - at `$.environment.device`",
    }.items():
        shards[0].write_text(json.dumps(changed(content, place, [])), "utf-8")
        expected = f"{shards[0]} was edited or is damaged: "
        code, message = merged(shards, capsys)
        assert (2, True, True) == (code, message.startswith(expected), cause.split("`")[1] in message), message


def test_every_damage(shards: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A report that cannot be read is exit code 2, and a FIFO is not waited for."""
    content = shards[0].read_bytes()
    for name, damage in DAMAGES.items():
        damage(shards[0])
        code, message = merged(shards, capsys)
        assert code == 2 or "bit" in name, name
        assert (code == 2) == bool(message)
        remove(shards[0])
        shards[0].write_bytes(content)
