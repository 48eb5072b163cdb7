"""Measures Headrace beside the bare loop or handler that does the same, in one run."""
