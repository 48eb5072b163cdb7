"""The data plane's stories: a window of a flow, or an uploaded batch, becomes a committed batch."""
