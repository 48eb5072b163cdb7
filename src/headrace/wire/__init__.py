"""The shapes that travel: JSON Patch, property filters and pages as Platform's clients send and expect them."""
