"""What a model got from its checkpoint's weights: which tensors are missing, have another shape, or are left over."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from transformers import PreTrainedModel

_WRAPPERS = {"_orig_mod": "`torch.compile`", "module": "`DataParallel` or `DistributedDataParallel`"}
"""The attribute in which a wrapper holds its model, which is a prefix of all names that it saves."""

_LAYER = re.compile(r"\.(\d+)(?=\.)")


@dataclass(frozen=True, slots=True)
class LoadingReport:
    """The tensors of the encoder and of the head that are not as the weights' file has them, by name, sorted."""

    missing: tuple[str, ...]
    """Of the encoder, without its pooler."""
    mismatched: Mapping[str, str]
    """Of the encoder, with both shapes where transformers tells them."""
    unused: tuple[str, ...]
    """Of the file."""
    encoder: frozenset[str]
    """All tensors of the encoder, without its pooler."""
    head: frozenset[str]
    """All tensors of the head."""
    loaded_head: frozenset[str]
    """Those that come from the file."""
    mismatched_head: Mapping[str, str]

    @classmethod
    def of(cls, model: PreTrainedModel, info: Mapping[str, Any]) -> Self:
        """Return the report of a model.

        Args:
            model: just loaded.
            info: the second result of `from_pretrained(output_loading_info=True)`.
        """
        prefix = f"{model.base_model_prefix}."
        names = model.state_dict().keys()
        head = frozenset(name for name in names if not name.startswith(prefix))
        # A language model is saved without the pooler, which some classifiers have: then it is as new as the head.
        encoder = frozenset(name for name in names - head if "pooler" not in name.split("."))
        missing, mismatched = set(info["missing_keys"]), dict(map(_shapes, info["mismatched_keys"]))
        return cls(
            missing=tuple(sorted(missing & encoder, key=_natural)),
            mismatched={name: mismatched[name] for name in sorted(mismatched) if name not in head},
            unused=tuple(sorted(info["unexpected_keys"], key=_natural)),
            encoder=encoder,
            head=head,
            loaded_head=head - missing - mismatched.keys(),
            mismatched_head={name: mismatched[name] for name in sorted(mismatched) if name in head},
        )

    def problem(self, config: Any) -> str:
        """Return which tensors of the encoder are not those of the file, and the likely cause; empty if all are.

        Args:
            config: of the model.
        """
        if self.missing:
            count = f"the file lacks {len(self.missing)} of the encoder's {len(self.encoder)} tensors"
            return f"{count} ({_some(self.missing)}): {self._cause_of_missing(config)}"
        if self.mismatched:
            shapes = _some(_with_shapes(self.mismatched))
            count = f"the file has another shape for {len(self.mismatched)} of the encoder's tensors"
            return f"{count} ({shapes}): {_cause_of_mismatch(self.mismatched, config)}"
        return ""

    @property
    def unused_layers(self) -> str:
        """A note on layers of the file that the model does not have; empty if there are none."""
        known = {_pattern(name) for name in self.encoder}
        layers = [name for name in self.unused if _LAYER.search(name) and _pattern(name) in known]
        if not layers:
            return ""
        count = f"{len(layers)} tensors of the weights' file are not used ({_some(layers)})"
        return f"{count}: config.json asks for fewer layers than the file has"

    @property
    def problem_of_head(self) -> str:
        """Why a head that is to be kept does not fit; empty if it does, or if the file has none."""
        missing = sorted(self.head - self.loaded_head - self.mismatched_head.keys())
        if self.mismatched_head:
            shapes = _some(_with_shapes(self.mismatched_head))
            return f"the file has another shape for the head ({shapes}): {_cause_of_mismatch((), None)}"
        if missing and self.loaded_head:
            return f"the file lacks {len(missing)} of the head's {len(self.head)} tensors ({_some(missing)})"
        return ""

    def note_of_head(self, *, is_kept: bool) -> str:
        """A note on a head that is new although the file, or config.json, has one; empty otherwise.

        Args:
            is_kept: whether config.json declares a head for the task.
        """
        if self.mismatched_head:
            return f"head: new, since that of the file has another shape ({_some(_with_shapes(self.mismatched_head))})"
        return "head: new, since the weights' file has none" if is_kept and not self.loaded_head else ""

    def _cause_of_missing(self, config: Any) -> str:
        first = self.missing[0]
        for name in self.unused:
            for wanted in (first, first.partition(".")[2]):  # a base model's file does not repeat its own name
                if name.endswith(f".{wanted}"):
                    return _cause_of_prefix(name.removesuffix(wanted), name)
        found = {_pattern(name) for name in self.encoder.difference(self.missing)}
        if all(_LAYER.search(name) and _pattern(name) in found for name in self.missing):
            layers = getattr(config, "num_hidden_layers", None)
            return f"config.json asks for more layers (num_hidden_layers: {layers}) than the file has"
        others = [name for name in self.unused if name.partition(".")[0] not in {"cls", "lm_head"}]
        if others:
            return f"the file has other tensors ({_some(others)}), so it is not that of the model in config.json"
        return "the file is not complete; save the model again with `model.save_pretrained(FOLDER)`"


def _cause_of_prefix(prefix: str, example: str) -> str:
    """Return the cause of names in the file that begin with a prefix, of which one is given."""
    wrapper = next((part for part in prefix.split(".") if part in _WRAPPERS), None)
    found = f"the file has them with the prefix `{f'{wrapper}.' if wrapper else prefix}`, as in {example}"
    if wrapper is None:
        return f"{found}; save the model itself with `model.save_pretrained(FOLDER)`"
    remedy = f"save the model inside with `model.{wrapper}.save_pretrained(FOLDER)`"
    return f"{found}, which {_WRAPPERS[wrapper]} adds: {remedy}"


def _cause_of_mismatch(mismatched: Collection[str], config: Any) -> str:
    remedy = "save model and config.json together with `model.save_pretrained(FOLDER)`"
    if mismatched and all("embed" in name for name in mismatched):
        size = getattr(config, "vocab_size", None)
        return f"config.json (vocab_size: {size}) is not that of these weights; {remedy}"
    return f"config.json is not that of these weights; {remedy}"


def _shapes(found: Any) -> tuple[str, str]:
    """Return name and shapes of a mismatched tensor, of which transformers 4.57 gives the name only."""
    if isinstance(found, str):
        return found, ""
    name, in_file, in_model = found
    return name, f"{tuple(in_file)} in the file, {tuple(in_model)} in the model"


def _with_shapes(mismatched: Mapping[str, str]) -> list[str]:
    return [f"{name}: {shapes}" if shapes else name for name, shapes in mismatched.items()]


def _pattern(name: str) -> str:
    return _LAYER.sub(".*", name)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts layer 10 after layer 9."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in name.split(".")]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + (", ..." if len(names) > 2 else "")


def renew(model: PreTrainedModel, names: Collection[str]) -> None:
    """Initialize loaded tensors as if they had been missing, from torch's random state.

    Args:
        model: just loaded.
        names: of its tensors.
    """
    of: Callable[[str], Any] = model.get_submodule
    for name in names:
        module, _, tensor = name.rpartition(".")
        # transformers marks what it has loaded or initialized, and initializes the rest.
        of(module)._is_hf_initialized = getattr(of(module), tensor)._is_hf_initialized = False
    model.initialize_weights()  # type: ignore[no-untyped-call]
