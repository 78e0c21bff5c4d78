"""The digest of the package's code that makes runs."""

import hashlib
import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]

# Imports decide what is digested: every module that the pipeline reaches, also through imports inside functions. So a
# new module of the training is covered without a list, and a report, a verdict or an option parser is not reached. The
# fixtures hand the pipeline its values, so their file counts too; its imports do not: the evaluation is a fixture too.
_FOLLOWED = "pytest_glue.execution.pipeline"
_NOT_FOLLOWED = "pytest_glue.fixtures"

# A regular expression finds what `ast` finds in a fraction of the time: ruff bans relative imports.
_IMPORT = re.compile(rb"from (pytest_glue[\w.]*) import (\([^)]*\)|.*)")
_TYPES_ONLY = re.compile(rb"^if TYPE_CHECKING:\n(?:(?:[ \t].*)?\n)*", re.MULTILINE)


@cache
def code_digest(package: Path = _PACKAGE) -> str:
    """Return `sha256:...` of names and contents of the files that make a run."""
    total = hashlib.sha256()
    for path, content in sorted(code_files(package).items()):
        total.update(f"{path.relative_to(package).as_posix()}\n".encode())
        total.update(hashlib.sha256(content).digest())
    return f"sha256:{total.hexdigest()}"


def code_files(package: Path = _PACKAGE) -> dict[Path, bytes]:
    """Return the files that make a run, with their contents."""
    fixtures = _path(package, _NOT_FOLLOWED)
    found, paths = {fixtures: fixtures.read_bytes()}, [_path(package, _FOLLOWED)]
    while paths:
        if (path := paths.pop()) not in found:
            found[path] = path.read_bytes()
            paths += _imported(package, found[path])
    return found


def _imported(package: Path, content: bytes) -> list[Path]:
    """Return the files of the package that a file imports, without those that it imports for type checkers only."""
    paths = []
    for module, names in _IMPORT.findall(_TYPES_ONLY.sub(b"", content)):
        path = _path(package, module.decode())
        if path.is_file():
            paths.append(path)
        else:  # a package, whose names are modules
            paths += [path.with_suffix("") / f"{name.decode()}.py" for name in re.findall(rb"\w+", names)]
    return [path for path in paths if path.is_file()]


def _path(package: Path, module: str) -> Path:
    return package / f"{module.partition('.')[2].replace('.', '/')}.py"
