"""The worlds that can be simulated, by name."""

from collections.abc import Callable
from datetime import datetime

from linkedin_simulator.worlds.model import World
from linkedin_simulator.worlds.tutorial import tutorial

DEFAULT_SEED = 2022

# A builder takes the seed and the instant at which the clock starts (None: the world's own).
WORLDS: dict[str, Callable[[int, datetime | None], World]] = {"tutorial": tutorial}
