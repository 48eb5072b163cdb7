"""Mapping sets: versioned documents whose items are checked against the schema that they fill."""
