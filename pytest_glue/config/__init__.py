"""Options: how they are spelt, parsed, checked and combined."""
