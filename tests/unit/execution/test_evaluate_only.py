"""Which modules an evaluation without a training imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "pytest_glue"


def imported(file: Path) -> Iterator[tuple[str, str]]:
    """Yield module and name of what a file of the package imports when it is itself imported."""
    for statement in ast.parse(file.read_bytes()).body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            yield from ((statement.module, alias.name) for alias in statement.names)


def test_it_imports_no_trainer() -> None:
    """`Trainer` would bring further modules, and nothing is trained."""
    seen: set[Path] = set()
    names: set[tuple[str, str]] = set()
    open_files = [PACKAGE / "execution" / "evaluate_only.py"]
    while open_files:
        file = open_files.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        for module, name in imported(file):
            names.add((module.partition(".")[0], name))
            if module.startswith("pytest_glue."):
                open_files.append(PACKAGE.parent / f"{module.replace('.', '/')}.py")
    assert PACKAGE / "training" / "predict.py" in seen
    assert ("transformers", "EvalPrediction") in names
    assert ("transformers", "Trainer") not in names
