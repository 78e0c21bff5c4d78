"""What all of this repository's tests share."""

pytest_plugins = ["pytester"]
