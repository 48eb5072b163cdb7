"""The command line: commands that reach a server through ``client``, and offline verbs on a data directory."""
