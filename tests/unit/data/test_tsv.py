"""The layout of the GLUE download, with the peculiarities of each file."""

from pathlib import Path

import pytest

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.data.folder import FolderSource

MNLI_TRAIN = (
    "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
    "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label"
)
STSB = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2"
MSR = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String"

# For each task: its files, and the first example of each split as the hub has it.
DOWNLOADS = {
    "cola": (
        {
            "CoLA/train.tsv": "gj04\t0\t*\tThey drank the pub.\ngj04\t1\t\tBill sighed.",
            "CoLA/dev.tsv": "gj04\t1\t\tHe rolled.",
            "CoLA/test.tsv": "index\tsentence\n0\tBill whistled.",
        },
        {
            "train": {"sentence": "They drank the pub.", "label": 0, "idx": 0},
            "validation": {"sentence": "He rolled.", "label": 1, "idx": 0},
            "test": {"sentence": "Bill whistled.", "label": -1, "idx": 0},
        },
    ),
    "mnli": (
        {
            "MNLI/train.tsv": f"{MNLI_TRAIN}\n0\t1\t1n\tfiction\t(\t(\t(\t(\tIt rains.\tIt is wet.\tneutral\tneutral",
            "MNLI/dev_matched.tsv": "index\tsentence1\tsentence2\tlabel1\tgold_label\n0\tA\tB\tneutral\tcontradiction",
            "MNLI/dev_mismatched.tsv": "index\tsentence1\tsentence2\tlabel1\tgold_label\n0\tC\tD\tneutral\tentailment",
            "MNLI/test_matched.tsv": "index\tsentence1\tsentence2\n0\tE\tF",
            "MNLI/diagnostic.tsv": "another\tthing",
        },
        {
            "train": {"premise": "It rains.", "hypothesis": "It is wet.", "label": 1, "idx": 0},
            "validation_matched": {"premise": "A", "hypothesis": "B", "label": 2, "idx": 0},
            "validation_mismatched": {"premise": "C", "hypothesis": "D", "label": 0, "idx": 0},
            "test_matched": {"premise": "E", "hypothesis": "F", "label": -1, "idx": 0},
        },
    ),
    "mrpc": (
        {
            "MRPC/train.tsv": f'{MSR}\n1\t7\t8\tHe said "yes.\tHe agreed."',
            "MRPC/dev.tsv": f"{MSR}\n0\t9\t10\tA\tB",
            "MRPC/dev_ids.tsv": "9\t10",
        },
        {
            "train": {"sentence1": 'He said "yes.', "sentence2": 'He agreed."', "label": 1, "idx": 0},
            "validation": {"sentence1": "A", "sentence2": "B", "label": 0, "idx": 0},
        },
    ),
    "qnli": (
        {
            "QNLI/train.tsv": "index\tquestion\tsentence\tlabel\n0\tWho?\tMe.\tnot_entailment",
            "QNLI/dev.tsv": "index\tquestion\tsentence\tlabel\n0\tWhen?\tNow.\tentailment",
        },
        {
            "train": {"question": "Who?", "sentence": "Me.", "label": 1, "idx": 0},
            "validation": {"question": "When?", "sentence": "Now.", "label": 0, "idx": 0},
        },
    ),
    "qqp": (
        {
            "QQP/train.tsv": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n9\t1\t2\tcut\n8\t1\t2\tA?\tB?\t1",
            "QQP/dev.tsv": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n8\t1\t2\tC?\tD?\t0",
        },
        {
            "train": {"question1": "A?", "question2": "B?", "label": 1, "idx": 1},
            "validation": {"question1": "C?", "question2": "D?", "label": 0, "idx": 0},
        },
    ),
    "sst2": (
        {
            "SST-2/train.tsv": "sentence\tlabel\nhide new secretions \t0",
            "SST-2/dev.tsv": "sentence\tlabel\na charming journey\t1",
        },
        {
            "train": {"sentence": "hide new secretions ", "label": 0, "idx": 0},
            "validation": {"sentence": "a charming journey", "label": 1, "idx": 0},
        },
    ),
    "stsb": (
        {
            "STS-B/train.tsv": f"{STSB}\tscore\n0\tnews\tf\t2012\t1\tnone\tnone\tA\tB\t3.8",
            "STS-B/dev.tsv": f"{STSB}\tscore\n0\tnews\tf\t2012\t1\tnone\tnone\tC\tD\t5",
            "STS-B/test.tsv": f"{STSB}\n0\tnews\tf\t2012\t1\tnone\tnone\tE\tF",
        },
        {
            "train": {"sentence1": "A", "sentence2": "B", "label": pytest.approx(3.8), "idx": 0},
            "validation": {"sentence1": "C", "sentence2": "D", "label": 5.0, "idx": 0},
            "test": {"sentence1": "E", "sentence2": "F", "label": -1.0, "idx": 0},
        },
    ),
}


def write(folder: Path, files: dict[str, str]) -> str:
    """Write files, and return the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return str(folder)


@pytest.mark.parametrize("name", DOWNLOADS)
def test_each_task_of_the_download_equals_the_hub(tmp_path: Path, name: str) -> None:
    """Each task's files give the hub's columns, labels and texts; a label that is not public is -1."""
    files, expected = DOWNLOADS[name]
    source = FolderSource(write(tmp_path, files))
    source.check(GLUE[name])
    assert expected == {split: examples[0] for split, examples in source.load(GLUE[name]).items()}


def test_the_original_files_of_mrpc(tmp_path: Path) -> None:
    """The list of ids separates validation from train, and the test split has its labels."""
    lines = [MSR, "1\t1\t2\tA\tB", "0\t3\t4\tC\tD", "1\t5\t6\tE\tF"]
    files = {
        "MRPC/msr_paraphrase_train.txt": "\ufeff" + "\r\n".join(lines),
        "MRPC/msr_paraphrase_test.txt": f"{MSR}\n0\t7\t8\tG\tH",
        "MRPC/mrpc_dev_ids.tsv": "3\t4\n",
    }
    loaded = FolderSource(write(tmp_path, files)).load(GLUE["mrpc"])
    read = {split: [(row["sentence1"], row["label"], row["idx"]) for row in rows] for split, rows in loaded.items()}
    assert {"train": [("A", 1, 0), ("E", 1, 2)], "validation": [("C", 0, 1)], "test": [("G", 0, 0)]} == read


def test_byte_order_mark_and_line_ends_are_removed(tmp_path: Path) -> None:
    """A file from a Windows program gives the same examples, with and without a header."""
    text = "\ufeffgj04\t0\t*\tOne.\r\ngj04\t1\t\tTwo \u201cquoted\u201d.\r\n\r\n"
    loaded = FolderSource(write(tmp_path, {"CoLA/train.tsv": text, "CoLA/dev.tsv": text})).load(GLUE["cola"])
    assert ["One.", "Two \u201cquoted\u201d."] == list(loaded["train"]["sentence"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("3\tA\tB", r"train\.tsv:3: 3 fields, expected 4"),
        ("3\tA\tB\tC\tentailment", r"train\.tsv:3: 5 fields, expected 4"),
        ("3\tA\tB\tmaybe", r"train\.tsv:3: label 'maybe', expected entailment or not_entailment, or their numbers"),
        ("3\tA\tB\t2", r"train\.tsv:3: label '2'"),
        ("3\tA\tB\t-1", r"train\.tsv:3: label '-1'"),
        ("3\tA\tB\t", r"train\.tsv:3: label ''"),
    ],
)
def test_a_malformed_line_is_an_error_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    """The error names file and line number."""
    text = "index\tsentence1\tsentence2\tlabel\n2\tA\tB\tentailment\n"
    source = FolderSource(write(tmp_path, {"RTE/train.tsv": text + line, "RTE/dev.tsv": text}))
    with pytest.raises(DataError, match=message):
        source.load(GLUE["rte"])


@pytest.mark.parametrize("column", ["sentence2", "label"])
def test_a_missing_column(tmp_path: Path, column: str) -> None:
    """`check` and `load` raise an error for a header without one of the task's columns."""
    text = "\t".join(name for name in ("index", "sentence1", "sentence2", "label") if name != column)
    source = FolderSource(write(tmp_path, {"RTE/train.tsv": f"{text}\n1\tA\tB", "RTE/dev.tsv": text}))
    for ask in (source.check, source.load):
        with pytest.raises(DataError, match=rf"train\.tsv: split 'train' of task rte has no column '{column}'"):
            ask(GLUE["rte"])


def test_an_own_task_in_the_same_folder(tmp_path: Path) -> None:
    """A user's own task needs a folder with the configuration's name, and a header with its columns."""
    task = Task(
        "tone", "tone", ("text",), ("calm", "angry"), ("accuracy",), evaluation_split="held_out", label_column="mood"
    )
    text = "mood\ttext\nangry\tGo away.\ncalm\tStay."
    source = FolderSource(write(tmp_path, {"tone/train.tsv": text, "tone/held_out.tsv": text}))
    source.check(task)
    loaded = source.load(task)
    assert [1, 0] == list(loaded["held_out"]["mood"])
    assert ["text", "mood", "idx"] == loaded["train"].column_names
