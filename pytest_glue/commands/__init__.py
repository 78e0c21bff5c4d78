"""The subcommands of `pytest-glue`: each file has a function that adds the parser and one that runs the command."""
