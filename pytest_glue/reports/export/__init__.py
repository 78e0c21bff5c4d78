"""The results of a JSON report in the formats of others; nothing is published, files are written."""
