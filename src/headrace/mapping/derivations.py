"""What an operator's own code computes in mappings: values that are handed down to where expressions are evaluated."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from headrace.errors import Invalid

# Of a text, a text; it may raise anything.
Derive = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Derivations:
    """The functions that an operator brings along.

    ecid  the ECID of a first-party device id; None: there is no way to derive it
    """

    ecid: Derive | None = None


NO_DERIVATIONS = Derivations()


def load_derivations(fpid_to_ecid: str) -> Derivations:
    """The derivations that settings name as ``module:function`` (empty: none); Invalid when one cannot be imported."""
    return Derivations(_imported(fpid_to_ecid)) if fpid_to_ecid else NO_DERIVATIONS


def _imported(name: str) -> Derive:
    module, _, attribute = name.partition(":")
    try:
        derive: object = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise Invalid(
            f"--fpid-to-ecid {name} must be MODULE:FUNCTION that can be imported: {error}.", field="fpid-to-ecid"
        ) from error
    if not callable(derive):
        raise Invalid(f"--fpid-to-ecid {name} names no function.", field="fpid-to-ecid")
    return derive
