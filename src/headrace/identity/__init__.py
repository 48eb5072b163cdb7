"""Identity namespaces: the standard ones and those of an org."""
