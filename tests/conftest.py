"""What holds for every test."""

from hypothesis import settings

# How long an example takes is the machine's affair; a test of hangs has a limit of its own.
settings.register_profile("headrace", deadline=None)
settings.load_profile("headrace")
