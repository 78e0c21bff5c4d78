"""Types of single fields of the JSON report, with their constraints."""

from typing import Annotated, Any

from msgspec import Meta


def constraint(**keywords: Any) -> Meta:
    """Return a constraint of the schema; writing a report does not check it, since an odd score is worth reporting."""
    return Meta(extra_json_schema=keywords)


Count = Annotated[int, constraint(minimum=0)]
PositiveCount = Annotated[int, constraint(minimum=1)]
Seconds = Annotated[float, constraint(minimum=0)]
Share = Annotated[float, constraint(minimum=-1, maximum=1)]
"""A share of examples, or a difference of two."""
Scores = dict[str, float | None]
Seeds = Annotated[list[Count], constraint(minItems=1, uniqueItems=True)]
Digest = Annotated[str, constraint(pattern="^sha256:[0-9a-f]{64}$")]
Interval = tuple[float, float]
