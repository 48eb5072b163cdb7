"""Datasets and batches in Catalog's words, what clients upload into them, what they may read back."""
