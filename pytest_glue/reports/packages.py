"""The packages that the page needs."""

from importlib.util import find_spec

from pytest_glue.core.errors import MissingPackageError

_NEEDED = {"jinja2": "jinja2", "altair": "altair", "vl_convert": "vl-convert-python"}
"""What is installed, by the module that is imported."""


def require_packages() -> None:
    """Check that the packages of the extra `report` are installed, without importing them.

    Raises:
        MissingPackageError: one is not.
    """
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise MissingPackageError(
            f"the HTML report needs {', '.join(missing)}, not installed here: pip install 'pytest-glue[report]'"
        )
