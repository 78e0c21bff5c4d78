"""How often the gate is red for an unchanged checkpoint, compared with a plain threshold.

`python -m benchmarks.reruns --cache FOLDER` records a baseline on the sample with a few seeds, and judges the same
checkpoint 50 times with other seeds: by `--glue-compare` with `--glue-max-drop` at the baseline's minimum detectable
drop, by `--glue-compare` without an allowed drop, and by a threshold at the baseline's mean.
"""

import argparse
from pathlib import Path

from benchmarks.runs import Work, predictions_of
from pytest_glue.core.tasks import find_task
from pytest_glue.core.verdict import Verdict


def main() -> None:
    """Run the fine-tunings that are not cached, then print the table."""
    from pytest_glue.statistics.comparison import ComparisonDesign, compare
    from pytest_glue.statistics.metrics import score
    from pytest_glue.statistics.planning import minimum_detectable_drops

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
    threshold = float(score(metric, baseline, gold).mean())
    print(f"{task.name}, {metric} {threshold:.3f}, n={len(gold)}, {options.seeds} seeds, {options.reruns} reruns")
    print("| rule | pass | inconclusive | red |")
    print("|---|---|---|---|")
    for name, max_drop in ((f"compare, max drop {drop:.3f} (minimum detectable)", drop), ("compare, max drop 0", 0.0)):
        verdicts = [compare(group, baseline, gold, metric, ComparisonDesign(max_drop)).verdict for group in groups[1:]]
        shares = [verdicts.count(each) / len(verdicts) for each in (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL)]
        print(f"| {name} | {shares[0]:.0%} | {shares[1]:.0%} | {shares[2]:.0%} |")
    red = [bool(score(metric, group, gold).mean() < threshold) for group in groups[1:]]
    share = sum(red) / len(red)
    print(f"| plain threshold at the baseline's mean | {1 - share:.0%} | - | {share:.0%} |")


if __name__ == "__main__":
    main()
