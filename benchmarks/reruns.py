"""The gate on an unchanged checkpoint, run again and again: how often it is red, beside a bare threshold.

`python -m benchmarks.reruns --cache FOLDER` takes a baseline on the sample with some seeds, and judges the same
checkpoint 50 times, each time with other seeds: by the rule of `--glue-compare` with `--glue-max-drop` at the smallest
drop that the baseline says it can show, by the same without an allowed drop, and by a threshold at the baseline's mean.
"""

import argparse
from pathlib import Path

from benchmarks.runs import Work, predictions_of
from pytest_glue.core.tasks import find_task
from pytest_glue.core.verdict import Verdict


def main() -> None:
    """Fine-tune what is not in the cache, then print the table."""
    from pytest_glue.statistics.comparison import ComparisonDesign, compare
    from pytest_glue.statistics.metrics import score
    from pytest_glue.statistics.power import minimum_detectable_drops

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--task", default="sst2")
    parser.add_argument("--seeds", type=int, default=3, help="of the baseline and of each rerun")
    parser.add_argument("--reruns", type=int, default=50)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--max-train-samples", type=int, default=320)
    options = parser.parse_args()
    task = find_task(options.task)
    work = Work(task, "sample", "sample", {"num_train_epochs": options.epochs}, options.max_train_samples, None)
    seeds = range(options.seeds * (1 + options.reruns))
    runs, gold = predictions_of(work, seeds, options.cache / f"{task.name}-sample-{options.epochs}")
    groups = [runs[start : start + options.seeds] for start in range(0, len(runs), options.seeds)]
    baseline, metric = groups[0], task.headline_metric
    drop = minimum_detectable_drops(baseline, gold, metric, [options.seeds])[options.seeds]
    floor = float(score(metric, baseline, gold).mean())
    print(f"{task.name}, {metric} {floor:.3f}, n={len(gold)}, {options.seeds} seeds, {options.reruns} reruns")
    print("| rule | pass | inconclusive | red |")
    print("|---|---|---|---|")
    for name, max_drop in ((f"compare, max drop {drop:.3f} (smallest visible)", drop), ("compare, max drop 0", 0.0)):
        verdicts = [compare(group, baseline, gold, metric, ComparisonDesign(max_drop)).verdict for group in groups[1:]]
        shares = [verdicts.count(each) / len(verdicts) for each in (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL)]
        print(f"| {name} | {shares[0]:.0%} | {shares[1]:.0%} | {shares[2]:.0%} |")
    red = [bool(score(metric, group, gold).mean() < floor) for group in groups[1:]]
    share = sum(red) / len(red)
    print(f"| bare threshold at the baseline's mean | {1 - share:.0%} | - | {share:.0%} |")


if __name__ == "__main__":
    main()
