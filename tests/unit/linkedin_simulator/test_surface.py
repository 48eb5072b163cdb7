"""What the package offers."""

import linkedin_simulator


def test_the_surface_is_sorted_and_there() -> None:
    assert linkedin_simulator.__all__ == sorted(linkedin_simulator.__all__)
    assert all(hasattr(linkedin_simulator, name) for name in linkedin_simulator.__all__)
