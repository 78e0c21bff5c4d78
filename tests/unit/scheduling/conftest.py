"""Options whose costs are estimated."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint


@pytest.fixture
def asked() -> Callable[..., Options]:
    """Make options with these checkpoints, by default the sample's."""

    def make(*checkpoints: str, **changes: Any) -> Options:
        parsed = tuple(Checkpoint.parse(name) for name in checkpoints or ("sample",))
        return Options(checkpoints=parsed, **changes)

    return make
