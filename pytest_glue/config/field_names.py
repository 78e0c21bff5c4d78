"""Names of fields that `TrainingArguments` does not have: abbreviations, and fields of earlier versions."""

from collections.abc import Collection, Mapping

from pytest_glue.core.errors import suggestion

_DOCUMENTATION = "the documentation of transformers.TrainingArguments lists its fields"

_ABBREVIATIONS: Mapping[str, str] = {
    "lr": "learning_rate",
    "wd": "weight_decay",
    "epochs": "num_train_epochs",
    "n_epochs": "num_train_epochs",
    "num_epochs": "num_train_epochs",
    "steps": "max_steps",
    "batch_size": "per_device_train_batch_size",
    "train_batch_size": "per_device_train_batch_size",
    "eval_batch_size": "per_device_eval_batch_size",
    "warmup": "warmup_steps",
    "scheduler": "lr_scheduler_type",
    "lr_scheduler": "lr_scheduler_type",
    "optimizer": "optim",
    "grad_accumulation": "gradient_accumulation_steps",
    "clip_grad_norm": "max_grad_norm",
    "label_smoothing": "label_smoothing_factor",
}

_SUCCESSORS: Mapping[str, str] = {
    "evaluation_strategy": "eval_strategy",
    "evaluate_during_training": "eval_strategy",
    "no_cuda": "use_cpu",
    "use_mps_device": "",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "per_gpu_eval_batch_size": "per_device_eval_batch_size",
    "warmup_ratio": "warmup_steps, which is a share of the steps if it is below 1",
    "group_by_length": "train_sampling_strategy=group_by_length",
    "adafactor": "optim=adafactor",
    "sharded_ddp": "fsdp",
    "fsdp_min_num_params": "fsdp_config",
    "fsdp_transformer_layer_cls_to_wrap": "fsdp_config",
    "torchdynamo": "torch_compile_backend",
    "xpu_backend": "ddp_backend",
    "dispatch_batches": "accelerator_config",
    "split_batches": "accelerator_config",
    "fp16_backend": "fp16",
    "fp16_opt_level": "fp16",
    "half_precision_backend": "fp16 or bf16",
    "include_inputs_for_metrics": "include_for_metrics",
    "include_tokens_per_second": "include_num_input_tokens_seen",
    "push_to_hub_token": "hub_token",
    "push_to_hub_model_id": "hub_model_id",
    "push_to_hub_organization": "hub_model_id",
    "save_safetensors": "",
    "overwrite_output_dir": "",
    "jit_mode_eval": "",
    "use_ipex": "",
    "past_index": "",
    "mp_parameters": "",
    "ray_scope": "",
    "tpu_num_cores": "",
    "tpu_metrics_debug": "",
    "use_legacy_prediction_loop": "",
    "logging_dir": "",
}
"""Fields of transformers before 5, and what replaces them; empty for fields that have no replacement."""


def hint(name: object, fields: Collection[str]) -> str:
    """Return what a user who wrote this name probably means.

    Args:
        name: which is none of the fields.
        fields: of the installed version that a recipe may set.
    """
    known = str(name).lower().replace("-", "_")
    if known in fields:
        return f"did you mean {known}?"
    if (full := _ABBREVIATIONS.get(known)) in fields:
        return f"did you mean {full}?"
    if known == "max_length":
        return "set it with --glue-max-length"
    if known in _SUCCESSORS:
        successor = _SUCCESSORS[known]
        return f"transformers removed it; use {successor}" if successor else "transformers removed it; leave it out"
    return suggestion(name, fields) or _DOCUMENTATION
