"""A simulated LinkedIn Marketing API: its own product, deterministic from a seed, on a clock that tests move."""

from linkedin_simulator.app import create_app
from linkedin_simulator.running import Running, running
from linkedin_simulator.simulator import Simulator

__all__ = ["Running", "Simulator", "create_app", "running"]
