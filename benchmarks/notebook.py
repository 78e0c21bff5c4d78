"""Fine-tune and score one checkpoint on one GLUE task, as the Hugging Face notebook does.

It follows the notebook "Fine-tuning a model on a text classification task". It does not import pytest_glue, so that it
is an independent reference for the plugin.

    python benchmarks/notebook.py --task cola --checkpoint FOLDER --data FOLDER --json cola.json

`--data` is a folder in the hub's layout: `FOLDER/cola/train-00000-of-00001.parquet`, and so on. The hub's metric `glue`
needs a network, so its formulas are here. Scores are fractions. The seconds depend on a warm or cold datasets cache
(`HF_HOME`): point it at a fresh folder to time a first run.
"""

# ruff: noqa: E402  (the clock starts before the heavy imports)

import time

START = time.perf_counter()

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from datasets import load_dataset
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import f1_score, matthews_corrcoef
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainingArguments,
)

TASK_TO_KEYS: dict[str, tuple[str, str | None]] = {
    "cola": ("sentence", None),
    "mnli": ("premise", "hypothesis"),
    "mnli-mm": ("premise", "hypothesis"),
    "mrpc": ("sentence1", "sentence2"),
    "qnli": ("question", "sentence"),
    "qqp": ("question1", "question2"),
    "rte": ("sentence1", "sentence2"),
    "sst2": ("sentence", None),
    "stsb": ("sentence1", "sentence2"),
    "wnli": ("sentence1", "sentence2"),
}
BATCH_SIZE = 16


def glue_metric(task: str, predictions: Any, references: Any) -> dict[str, float]:
    """Compute the hub's metric `glue`."""
    if task == "cola":
        return {"matthews_correlation": float(matthews_corrcoef(references, predictions))}
    if task == "stsb":
        return {
            "pearson": float(pearsonr(predictions, references)[0]),
            "spearmanr": float(spearmanr(predictions, references)[0]),
        }
    accuracy = float((predictions == references).mean())
    if task in ("mrpc", "qqp"):
        return {"accuracy": accuracy, "f1": float(f1_score(y_true=references, y_pred=predictions))}
    return {"accuracy": accuracy}


def fine_tune(options: argparse.Namespace, output_dir: str) -> dict[str, Any]:
    """Train, choose the best epoch and evaluate it, as the notebook does."""
    task: str = options.task
    actual_task = "mnli" if task == "mnli-mm" else task
    validation_key = {"mnli": "validation_matched", "mnli-mm": "validation_mismatched"}.get(task, "validation")
    num_labels = 3 if task.startswith("mnli") else 1 if task == "stsb" else 2
    metric_name = "pearson" if task == "stsb" else "matthews_correlation" if task == "cola" else "accuracy"

    files = {split: str(options.data / actual_task / f"{split}-*.parquet") for split in ("train", validation_key)}
    dataset = load_dataset("parquet", data_files=files)
    for split, limit in (("train", options.max_train_samples), (validation_key, options.max_eval_samples)):
        if limit is not None:
            dataset[split] = dataset[split].select(range(min(limit, len(dataset[split]))))

    tokenizer = AutoTokenizer.from_pretrained(options.checkpoint, use_fast=True)
    sentence1_key, sentence2_key = TASK_TO_KEYS[task]

    def preprocess_function(examples: dict[str, list[Any]]) -> Any:
        if sentence2_key is None:
            return tokenizer(examples[sentence1_key], truncation=True)
        return tokenizer(examples[sentence1_key], examples[sentence2_key], truncation=True)

    encoded_dataset = dataset.map(preprocess_function, batched=True)

    def model_init() -> PreTrainedModel:
        model: PreTrainedModel
        model = AutoModelForSequenceClassification.from_pretrained(options.checkpoint, num_labels=num_labels)
        return model

    def compute_metrics(eval_pred: EvalPrediction) -> dict[str, float]:
        predictions: Any
        predictions, labels = eval_pred
        predictions = predictions[:, 0] if task == "stsb" else predictions.argmax(axis=1)
        return glue_metric(task, predictions, labels)

    trainer = Trainer(
        model_init=model_init,
        args=TrainingArguments(
            output_dir,
            eval_strategy="epoch",
            save_strategy="epoch",
            learning_rate=options.learning_rate,
            per_device_train_batch_size=BATCH_SIZE,
            per_device_eval_batch_size=BATCH_SIZE,
            num_train_epochs=options.epochs,
            weight_decay=0.01,
            load_best_model_at_end=True,
            metric_for_best_model=metric_name,
            seed=options.seed,
            report_to="none",
        ),
        train_dataset=encoded_dataset["train"],
        eval_dataset=encoded_dataset[validation_key],
        processing_class=tokenizer,
        compute_metrics=compute_metrics,
    )

    train_start = time.perf_counter()
    trainer.train()
    evaluate_start = time.perf_counter()
    best = trainer.evaluate()
    end = time.perf_counter()

    def scores(entry: dict[str, float]) -> dict[str, float]:
        timings = {"eval_runtime", "eval_samples_per_second", "eval_steps_per_second"}
        return {k.removeprefix("eval_"): v for k, v in entry.items() if k.startswith("eval_") and k not in timings}

    evaluations = [entry for entry in trainer.state.log_history if "eval_loss" in entry]
    epochs = evaluations[:-1]  # the last is the call of evaluate() above
    return {
        "task": task,
        "seed": options.seed,
        "metrics": scores(best),
        "history": [{"epoch": entry["epoch"], **scores(entry)} for entry in epochs],
        "train_seconds": evaluate_start - train_start,
        "evaluate_seconds": end - evaluate_start,
        "total_seconds": end - START,
    }


def main() -> None:
    """Read the command line, fine-tune and print the result."""
    parser = argparse.ArgumentParser(description="The notebook's fine-tuning of one checkpoint on one GLUE task.")
    parser.add_argument("--task", choices=TASK_TO_KEYS, required=True)
    parser.add_argument("--checkpoint", required=True, help="a folder, or an id on the hub")
    parser.add_argument("--data", type=Path, required=True, help="a folder in the hub's parquet layout")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--epochs", type=float, default=5)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--max-train-samples", type=int, help="the first N rows only, as run_glue takes them")
    parser.add_argument("--max-eval-samples", type=int)
    parser.add_argument("--json", type=Path, help="write the result to this file too")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as output_dir:
        result = json.dumps(fine_tune(options, output_dir), indent=2)
    print(result)
    if options.json is not None:
        options.json.write_text(result + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
