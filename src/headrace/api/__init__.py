"""The HTTP edge: one module per Platform service, thin handlers, each service's own dialect."""
