"""The command `pytest-glue init`."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from pytest_glue.cli import main
from pytest_glue.commands import starter_files
from pytest_glue.commands.starter_files import CI_FILES, PLACEHOLDER, SUITE, ci_of, ci_text

README = Path(__file__).parents[3] / "README.md"
Init = Callable[..., tuple[int, str, str]]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Init:
    """Run the command in an empty folder; return its exit code and output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["init", *arguments])
        except SystemExit as error:
            code = int(str(error.code))
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, init: Init) -> Init:
    """Run the command on a terminal on which these answers are typed."""

    def run(answers: list[str], *arguments: str) -> tuple[int, str, str]:
        replies: Iterator[str] = iter(answers)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda _: next(replies))
        result = init(*arguments)
        assert [] == list(replies)
        return result

    return run


def test_files_of_an_empty_folder(init: Init, tmp_path: Path) -> None:
    """A suite, the table and a workflow are written and shown, with the next steps."""
    code, out, err = init("--task=cola", "--checkpoint=sample", "--ci=github", "--yes")
    assert (0, "") == (code, err)
    assert SUITE == (tmp_path / "suites" / "test_glue.py").read_text("utf-8")
    table = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["tool"]["pytest_glue"]
    assert {"tasks": ["cola"], "checkpoints": ["sample"]} == table
    assert (tmp_path / ".github" / "workflows" / "glue.yml").is_file()
    assert "suites/test_glue.py: new file\n    def test_glue(glue_evaluation):\n" in out
    assert "pytest suites/ --glue-seeds=3 --glue-save=main" in out


@pytest.mark.parametrize("service", CI_FILES)
def test_the_workflows_are_those_of_the_readme(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are valid YAML, and test the suite with a comparison."""
    monkeypatch.setattr(starter_files, "_address", lambda: None)
    text = ci_text(service)
    assert text in re.findall(r"```yaml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert "glue" in (yaml.safe_load(text) if service == "gitlab" else yaml.safe_load(text)["jobs"])
    assert "pytest suites/ --glue-seeds=3 --glue-compare=main" in text


def test_the_suite_is_that_of_the_readme() -> None:
    assert SUITE in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ('{"url": "https://host/a/b", "vcs_info": {"vcs": "git", "commit_id": "1"}}', "git+https://host/a/b"),
        ('{"url": "file:///a", "dir_info": {"editable": true}}', PLACEHOLDER),
        (None, PLACEHOLDER),
    ],
)
def test_the_address_of_pytest_glue(monkeypatch: pytest.MonkeyPatch, origin: str | None, address: str) -> None:
    """It is the repository that it was installed from, as pip records it, else a placeholder."""

    class Installed:
        @staticmethod
        def read_text(name: str) -> str | None:
            assert "direct_url.json" == name
            return origin

    monkeypatch.setattr(starter_files, "distribution", lambda _: Installed)
    assert f'pip install "pytest-glue @ {address}"' in ci_text("gitlab")


def test_nothing_is_overwritten(init: Init, tmp_path: Path) -> None:
    """A file that exists is kept, and said so, unless --force is given; a second time there is nothing to write."""
    suite = tmp_path / "suites" / "test_glue.py"
    suite.parent.mkdir()
    suite.write_text("mine", "utf-8")

    code, out, _ = init("--ci=none", "--yes")
    assert (0, "mine") == (code, suite.read_text("utf-8"))
    assert "suites/test_glue.py: exists and is kept; --force overwrites it" in out

    code, out, _ = init("--ci=none", "--yes", "--force")
    assert (0, SUITE) == (code, suite.read_text("utf-8"))
    assert "suites/test_glue.py: overwrite" in out
    assert "pyproject.toml: has a table [tool.pytest_glue] already: add by hand what you need" in out

    _, out, _ = init("--ci=none")
    assert "suites/test_glue.py: has this content already" in out


@pytest.mark.parametrize("before", ["[project]\nname = 'a'", "[project]\r\nname = 'a'\r\n", "[tool.ruff]\n\n"])
def test_a_table_is_appended(init: Init, tmp_path: Path, before: str) -> None:
    """What the file has stays as it is, line endings included."""
    file = tmp_path / "pyproject.toml"
    file.write_bytes(before.encode())
    assert 0 == init("--ci=none", "--yes")[0]
    content = file.read_bytes().decode()
    assert content.startswith(before)
    assert {"rte"} == set(tomllib.loads(content)["tool"]["pytest_glue"]["tasks"])
    assert content.count("\r\n") == (content.count("\n") if "\r" in before else 0)


@pytest.mark.parametrize("table", ["[tool.pytest_glue]\n", "[tool]\npytest_glue = { tasks = ['cola'] }\n"])
def test_a_table_that_is_there(init: Init, tmp_path: Path, table: str) -> None:
    """It is not touched, and the new one is shown."""
    file = tmp_path / "pyproject.toml"
    file.write_text(table, "utf-8")
    code, out, _ = init("--ci=none", "--yes", "--force")
    assert (0, table) == (code, file.read_text("utf-8"))
    assert "add by hand what you need\n    [tool.pytest_glue]\n    tasks = [" in out
    assert "next:\n  add the table above to pyproject.toml\n" in out


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        (["none"], "", "there is no folder none: name that of your repository"),
        (["--task=rt"], "", "'rt' is no task of GLUE (did you mean rte?); for a task of your own give --data"),
        (["--task=rte", "--data=a.csv", "--text=t", "--label=l"], "", "rte is a task of GLUE; choose another name"),
        (["--text=message"], "", "--text is for a task of your own: give --data=FILE with its examples too"),
        (["--task=own", "--data=none.csv"], "", "there is no file none.csv: name a file or a folder with examples"),
        (["--task=own", "--data=pyproject.toml"], "", "pyproject.toml is of an unknown kind; accepted endings: .parq"),
        (["--task=own", "--data=a.csv"], "", "give --text: text column, or two with a comma (message, team)"),
        (["--task=own", "--data=a.csv", "--text=mesage", "--label=team"], "", "message"),
        ([], "[project", "pyproject.toml is not valid TOML"),
        ([], "[tool.pytest-glue]", "has a table [tool.pytest-glue], which is not read: name it [tool.pytest_glue]"),
    ],
)
def test_what_is_not_accepted(init: Init, tmp_path: Path, arguments: list[str], content: str, message: str) -> None:
    """Nothing is written, and the exit code is 2."""
    (tmp_path / "pyproject.toml").write_text(content, "utf-8")
    (tmp_path / "a.csv").write_text("message,team\nhello,sales\n", "utf-8")
    code, _, err = init(*arguments, "--yes")
    assert 2 == code
    assert message in err
    assert not (tmp_path / "suites").exists()


def test_nothing_is_written_without_a_yes(init: Init, typed: Init, tmp_path: Path) -> None:
    """A script has to say --yes, and a user can say no or end the questions."""
    code, out, err = init()
    assert (2, "nothing was written: repeat the command with --yes\n") == (code, err)
    assert "suites/test_glue.py: new file" in out
    assert 2 == typed(["", "", "", "n"])[0]
    assert not list(tmp_path.iterdir())


def test_questions(typed: Init, tmp_path: Path) -> None:
    """Each is asked once, unless a flag answers it; an empty answer is the default."""
    assert 0 == typed(["mrpc", "", "gitlab", ""])[0]
    table = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["tool"]["pytest_glue"]
    assert {"tasks": ["mrpc"], "checkpoints": ["distilbert-base-uncased"]} == table
    assert (tmp_path / ".gitlab-ci.yml").is_file()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--text=message"], {"data": "data/a.csv", "evaluation_fraction": 0.2, "text": "message"}),
        (
            ["--text=message", "--text=title", "--validation=data/a.csv"],
            {"data": {"train": "data/a.csv", "validation": "data/a.csv"}, "text": ["message", "title"]},
        ),
    ],
)
def test_a_task_of_the_users_own(init: Init, tmp_path: Path, arguments: list[str], expected: dict[str, object]) -> None:
    """The table has its files and columns, from the folder of the configuration."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("message,title,team\nhello,a,sales\nbye,b,other\n", "utf-8")
    code, _, err = init("--task=tickets", "--data=data/a.csv", *arguments, "--label=team", "--ci=none", "--yes")
    assert (0, "") == (code, err)
    table = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["tool"]["pytest_glue"]
    assert ["tickets"] == table["tasks"]
    assert {"tickets": {**expected, "label": "team"}} == table["task"]


def test_a_link_keeps_its_name(init: Init, tmp_path: Path) -> None:
    """The folder that it points to is another one on another machine, or after the next training."""
    (tmp_path / "runs" / "0042").mkdir(parents=True)
    (tmp_path / "candidate").symlink_to("runs/0042")
    assert 0 == init("--checkpoint=candidate", "--ci=none", "--yes")[0]
    table = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["tool"]["pytest_glue"]
    assert ["./candidate"] == table["checkpoints"]


def test_questions_about_a_task_of_the_users_own(typed: Init, tmp_path: Path) -> None:
    """A name that is none of GLUE's asks for file and columns."""
    (tmp_path / "a.csv").write_text("message,team\nhello,sales\n", "utf-8")
    (tmp_path / "checkpoint").mkdir()
    assert 0 == typed(["tickets", "a.csv", "message", "team", "checkpoint", "none", "y"])[0]
    table = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["tool"]["pytest_glue"]
    assert ["./checkpoint"] == table["checkpoints"]
    assert "message" == table["task"]["tickets"]["text"]


def test_a_folder_that_cannot_be_written(init: Init, tmp_path: Path) -> None:
    """The file and the cause are named, and the exit code is 1."""
    (tmp_path / "suites").touch()
    code, _, err = init("--ci=none", "--yes")
    assert 1 == code
    assert "cannot be written: " in err


@pytest.mark.parametrize(
    ("files", "service"),
    [
        ({}, "none"),
        ({".github/dependabot.yml": ""}, "github"),
        ({".gitlab-ci.yml": ""}, "gitlab"),
        ({".git/config": '[remote "origin"]\n\turl = git@gitlab.example.org:a/b.git\n'}, "gitlab"),
        ({".git/config": '[remote "origin"]\n\turl = https://github.com/a/b\n'}, "github"),
        ({".git/config": "[core]\n"}, "none"),
    ],
)
def test_the_service_of_a_repository(tmp_path: Path, files: dict[str, str], service: str) -> None:
    """Files and remotes tell it."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert service == ci_of(tmp_path)
