"""What differs between the versions of transformers that are supported, 4.57 to today's.

`dtype` is always given to `from_pretrained` (4.57 means float32 by default, 5 what the file holds), and a recipe is
checked against the fields of the version that is installed (`fields`); the rest is here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_PRECISION = "ACCELERATE_MIXED_PRECISION"


@contextmanager
def own_precision() -> Iterator[None]:
    """Keep `bf16` and `fp16` to one item.

    `TrainingArguments` of 4.57 leaves them in the environment of the process, where the next item would inherit them.
    """
    before = os.environ.get(_PRECISION)
    try:
        yield
    finally:
        os.environ.pop(_PRECISION, None)
        if before is not None:
            os.environ[_PRECISION] = before
