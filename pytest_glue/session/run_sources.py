"""Where the runs of an item come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.config.search_space import DEFAULT, plain_space
from pytest_glue.core.study import OnTrial, SearchTerms

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from datasets import DatasetDict
    from transformers import PreTrainedTokenizerBase, Trainer

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.runs import Runs
    from pytest_glue.core.tasks import Task
    from pytest_glue.execution.fine_tuning import FineTunings
    from pytest_glue.progress.events import Tell
    from pytest_glue.search.search import Search


def runs_of(request: pytest.FixtureRequest, options: Options, task: Task, checkpoint: Checkpoint) -> Runs:
    """Return the item's runs: what the store has, and fine-tunings, made when the first is needed, for the rest.

    Raises:
        GlueError: data or checkpoint cannot be found.
        CacheError: nothing may be trained, and these runs cannot be in the store.
    """
    from pytest_glue.cache.cached_runs import kept_runs, require_training
    from pytest_glue.core.choices import CachePolicy
    from pytest_glue.progress.events import Moment
    from pytest_glue.session.eligibility import happens_elsewhere, not_keepable, siblings_of
    from pytest_glue.session.session import GlueSession

    session = GlueSession.of(request.config)
    if session.dispatch is not None and happens_elsewhere(request.node, options):
        return session.dispatch.runs_of(request.node, options, task, checkpoint)

    def fine_tunings() -> FineTunings:
        on_moment(Moment("loading"))
        return _fine_tunings(request, options, task, checkpoint, on_moment)

    on_moment = session.on_moment(request.node, options.seeds)
    resumes_not = ", so a run that is stopped begins anew" if options.resume else ""
    if options.cache is CachePolicy.OFF:
        runs = fine_tunings()
        if options.resume:
            runs.add_note(f"the store of finished runs is off{resumes_not}")
        return runs
    if (reason := not_keepable(request.node, options)) is None:
        siblings = siblings_of(request.node, options, task)
        return kept_runs(options, task, checkpoint, fine_tunings, session.command, siblings, session.test_run)
    require_training(options.cache, reason)
    runs = fine_tunings()
    runs.add_note(f"the store of finished runs is not used: {reason}{resumes_not}")
    return runs


def _fine_tunings(
    request: pytest.FixtureRequest, options: Options, task: Task, checkpoint: Checkpoint, on_moment: Tell
) -> FineTunings:
    """Return the item's fine-tunings, none of which has happened yet; it takes every other fixture, and torch."""
    from pytest_glue.data.fingerprint import digest_of_task
    from pytest_glue.execution.fine_tuning import Examples, FineTunings, conditions_of
    from pytest_glue.session.session import GlueSession
    from pytest_glue.training.callbacks.progress import Watch
    from pytest_glue.training.model import label_ids
    from pytest_glue.training.pretrained import resolve

    trainer: Trainer = request.getfixturevalue("glue_trainer")
    data: DatasetDict = request.getfixturevalue("glue_data")
    tokenizer: Any = request.getfixturevalue("glue_tokenizer")
    pretrained = resolve(checkpoint)
    order, digest = label_ids(pretrained, task), digest_of_task(data, task)
    slow = () if tokenizer.is_fast else ("slow tokenizer: the checkpoint has no fast one",)
    conditions = conditions_of(trainer, pretrained.checkpoint, order, digest, options.max_length, slow)
    name, config = request.node.callspec.id, request.config
    on_trial, is_verbose = GlueSession.of(config).on_trial(name, options.trials, on_moment), config.get_verbosity() > 0
    search = search_of(options, name, config.rootpath, on_trial, verbose=is_verbose)

    def examples_of(sibling: Task) -> Examples:
        raw = _data(options, sibling)
        encoded = _encoded_data(options, sibling, checkpoint, raw, tokenizer)
        return Examples(encoded[sibling.evaluation_split], digest_of_task(raw, sibling))

    watch = Watch(name, on_moment, options.timeout)
    return FineTunings(trainer, task, order, conditions, watch, search, examples_of)


def _data(options: Options, task: Task) -> DatasetDict:
    from pytest_glue.data.source import limited, open_source
    from pytest_glue.training.library_state import quiet

    with quiet():
        data = open_source(options.data).load(task)
    return limited(data, task, options.max_train_samples, options.max_eval_samples)


def _encoded_data(
    options: Options, task: Task, checkpoint: Checkpoint, data: DatasetDict, tokenizer: PreTrainedTokenizerBase
) -> DatasetDict:
    from pytest_glue.training.library_state import quiet
    from pytest_glue.training.model import label_ids
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.tokenization import encode, max_length

    pretrained = resolve(checkpoint)
    length = max_length(tokenizer, pretrained, options.max_length)
    with quiet():
        return encode(data, task, tokenizer, length, label_ids(pretrained, task))


def search_of(options: Options, name: str, root: Path, on_trial: OnTrial, *, verbose: bool) -> Search | None:
    """Return the search that comes before an item's runs; None where there is none.

    Args:
        options: of the item.
        name: of the item, as a part of the study's name.
        root: below which the user's own modules lie.
        on_trial: told of each trial that has ended.
        verbose: whether the backend may log.
    """
    if options.search is None:
        return None
    from pytest_glue.search.search import Search

    space = options.space or DEFAULT
    terms = SearchTerms(
        options.search, options.trials, options.search_fraction, options.search_split, plain_space(space)
    )
    return Search(terms, space, options.search_storage, options.ray, root, verbose, name, on_trial)
