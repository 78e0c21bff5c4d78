"""The table of all flags, from their declarations."""

from pytest_glue.config.flags import CONFIG_DESCRIPTION, FLAGS, flag_of, help_text


def options_table() -> str:
    """Return a Markdown table with a row for each flag."""
    rows = [_row(flag_of(name), option.metavar or "", help_text(option)) for name, option in FLAGS.items()]
    return "\n".join(["| flag | meaning |", "|---|---|", *rows, _row("--glue-config", "FILE", CONFIG_DESCRIPTION)])


def _row(flag: str, metavar: str, text: str) -> str:
    value = metavar and "=" + metavar.replace("|", r"\|")
    return f"| `{flag}{value}` | {text} |"
