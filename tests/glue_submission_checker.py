"""A checker of submissions, written from what GLUE's leaderboard publishes, without code of the plugin.

A zip has eleven files at its top level. Each has the columns `index` and `prediction`, separated by a tab, and a row
for each example of the test split, in its order, with indices from 0.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

N_ROWS = {
    "AX.tsv": 1104,
    "CoLA.tsv": 1063,
    "MNLI-m.tsv": 9796,
    "MNLI-mm.tsv": 9847,
    "MRPC.tsv": 1725,
    "QNLI.tsv": 5463,
    "QQP.tsv": 390965,
    "RTE.tsv": 3000,
    "SST-2.tsv": 1821,
    "STS-B.tsv": 1379,
    "WNLI.tsv": 146,
}
_MNLI = {"entailment", "neutral", "contradiction"}
_ENTAILMENT = {"entailment", "not_entailment"}
WORDS = {"AX.tsv": _MNLI, "MNLI-m.tsv": _MNLI, "MNLI-mm.tsv": _MNLI, "QNLI.tsv": _ENTAILMENT, "RTE.tsv": _ENTAILMENT}


def problems(path: Path) -> list[str]:
    """Return what is wrong with a submission; empty if the leaderboard would accept it."""
    with zipfile.ZipFile(path) as archive:
        if set(archive.namelist()) != set(N_ROWS) or len(archive.namelist()) != len(N_ROWS):
            return [f"the files are {sorted(archive.namelist())}"]
        return [f"{name}: {each}" for name in N_ROWS for each in problems_of(name, archive.read(name).decode("ascii"))]


def problems_of(name: str, content: str) -> Iterator[str]:
    """Yield what is wrong with a file."""
    header, *rows = content.removesuffix("\n").split("\n")
    if header != "index\tprediction":
        yield f"the header is {header!r}"
    if len(rows) != N_ROWS[name]:
        yield f"{len(rows)} rows"
    if any(row.count("\t") != 1 for row in rows):
        yield "a row has not two columns"
        return
    indices, predictions = zip(*(row.split("\t") for row in rows), strict=True)
    if list(indices) != [str(number) for number in range(len(rows))]:
        yield "the indices are not 0, 1, 2 and so on"
    if wrong := [each for each in set(predictions) if not _is_prediction(name, each)]:
        yield f"no prediction: {min(wrong)!r}"


def _is_prediction(name: str, text: str) -> bool:
    if name == "STS-B.tsv":
        return re.fullmatch(r"\d+(\.\d+)?", text) is not None and 0 <= float(text) <= 5
    return text in WORDS.get(name, {"0", "1"})
