"""Progress: lines that are shown while an item runs, past pytest's capture."""

import pytest


def show(config: pytest.Config, line: str) -> None:
    """Show a line on the terminal; a worker of xdist has none, and shows nothing."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if terminal is None or hasattr(config, "workerinput"):
        return
    if capture is None:
        _write(terminal, line)
        return
    with capture.global_and_fixture_disabled():
        _write(terminal, line)


def _write(terminal: pytest.TerminalReporter, line: str) -> None:
    terminal.ensure_newline()
    terminal.write_line(line)
    terminal.flush()
