"""Registers a task in Python: RTE without its premises, so that a model sees the hypothesis only."""

from pytest_glue import Task, TaskRegistry

HYPOTHESIS = Task(
    name="rte-hypothesis",
    configuration="rte",
    text_columns=("sentence2",),
    labels=("entailment", "not_entailment"),
    metrics=("accuracy",),
)


def pytest_glue_register_tasks(registry: TaskRegistry) -> None:
    registry.add(HYPOTHESIS)
