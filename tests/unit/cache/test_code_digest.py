"""The digest of the code: it covers what makes a run and nothing else."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_glue
from pytest_glue.cache.code_digest import code_digest, code_files

PACKAGE = Path(pytest_glue.__file__).parent

MAKES_A_RUN = """
import json, sys

files = set()
sys.setprofile(lambda frame, *_: files.add(frame.f_code.co_filename))

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.tasks import GLUE
from pytest_glue.execution import pipeline
from pytest_glue.training.callbacks.progress import RunMonitor
from pytest_glue.training.fine_tune import EncodedData, make_trainer

task, checkpoint = GLUE["rte"], Checkpoint.parse("sample")
options = Options(data="sample", max_train_samples=16, max_eval_samples=8, recipe={"num_train_epochs": 1})
spec = EvaluationSpec(options, task, checkpoint)

files.clear()
data = pipeline.load_data(options, task)
tokenizer = pipeline.load_tokenizer(checkpoint)
encoded = pipeline.encode_data(spec, data, tokenizer)
model_init = pipeline.make_model_init(spec, tokenizer)
compute_metrics = pipeline.make_compute_metrics(spec)
with pipeline.make_training_arguments(options, task, "item") as arguments:
    encoded = EncodedData(encoded, tokenizer)
    trainer = make_trainer(task, model_init, arguments, encoded, compute_metrics, options.batching)
    monitor = RunMonitor("item", lambda progress: None, None)
    run = pipeline.make_trainer_runs(spec, trainer, data, tokenizer, monitor, None).run(42)

sys.setprofile(None)
assert len(run.predictions) == 8
print(json.dumps(sorted(files)))
"""


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """Yield what a module imports from this package, without imports for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pytest_glue"):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("pytest_glue"))
        yield from imported_modules(node)


def test_every_file_that_a_run_executes_is_covered() -> None:
    """A fine-tuning of the sample executes no function of this package that lies in another file."""
    done = subprocess.run([sys.executable, "-c", MAKES_A_RUN], capture_output=True, text=True, check=True)
    executed = {Path(file) for file in json.loads(done.stdout.splitlines()[-1]) if file.startswith(str(PACKAGE))}
    assert PACKAGE / "training" / "fine_tune.py" in executed
    assert set() == {file for file in executed if file.name != "__init__.py"} - code_files().keys()


def test_imports_are_those_that_the_parser_finds() -> None:
    """The regular expression and `ast` agree on what is imported."""
    found, modules = {PACKAGE / "fixtures.py"}, ["pytest_glue.execution.pipeline"]
    while modules:
        path = PACKAGE.parent / f"{modules.pop().replace('.', '/')}.py"
        if path.is_file() and path not in found:
            found.add(path)
            modules += imported_modules(ast.parse(path.read_bytes()))
    assert found == code_files().keys()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package."""
    return Path(shutil.copytree(PACKAGE, tmp_path_factory.mktemp("copy") / "pytest_glue"))


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        *((str(path.relative_to(PACKAGE)), True) for path in sorted(code_files())),
        *((str(path.relative_to(PACKAGE)), False) for path in sorted((PACKAGE / "reports").glob("*.py"))),
        *(("gate/criteria.py", False), ("session/reporter.py", False), ("cache/storage.py", False), ("cli.py", False)),
        *(("config/options.py", False), ("scheduling/cost_model.py", False), ("execution/ray.py", False)),
    ],
)
def test_a_changed_file(package: Path, name: str, counts: bool) -> None:  # noqa: FBT001 - a parameter
    """A change of a file that makes a run changes the digest; a change of a report or a verdict does not."""
    before, content = code_digest.__wrapped__(package), (package / name).read_bytes()
    (package / name).write_bytes(content + b"\n# changed\n")
    after = code_digest.__wrapped__(package)
    (package / name).write_bytes(content)
    assert counts == (before != after)


def test_names_of_a_package_are_modules(tmp_path: Path) -> None:
    """`from package import module` is followed, also over several lines; what only type checkers import is not."""
    for folder in ("execution", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "fixtures.py").touch()
    (tmp_path / "execution" / "pipeline.py").write_text(
        "if TYPE_CHECKING:\n    from pytest_glue.data import types\n\n"
        "def load():\n    from pytest_glue.data import (\n        folder,\n        hub,\n    )\n"
    )
    for name in ("types", "folder", "hub"):
        (tmp_path / "data" / f"{name}.py").touch()
    names = {path.relative_to(tmp_path).as_posix() for path in code_files(tmp_path)}
    assert {"fixtures.py", "execution/pipeline.py", "data/folder.py", "data/hub.py"} == names
    before = code_digest.__wrapped__(tmp_path)
    (tmp_path / "data" / "hub.py").rename(tmp_path / "data" / "types.py")
    assert before != code_digest.__wrapped__(tmp_path)
