"""How a function is declared: its name and place in the listing, its examples, what it computes, by row and by column.

The Python implementation's annotations say how arguments are read: ``str`` takes any scalar as text, ``int`` a whole
number, ``datetime`` a moment or a text that is one, ``Regex`` a text that is a Java regular expression; of
``Annotated[type, change]`` it is ``change`` that makes the argument, or says why it cannot. A null for such a parameter
makes the whole result null; with ``| None`` the function sees the null itself. ``object`` takes the value as it is.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from headrace.mapping.conversion import whole
from headrace.mapping.dates import read_moment
from headrace.mapping.derivations import NO_DERIVATIONS, Derivations
from headrace.mapping.failure import Failed, Failure
from headrace.mapping.pattern_text import RegexInvalid
from headrace.mapping.regex_time import Regex, compiled
from headrace.mapping.values import LONGEST_TEXT, shown, text_of, type_name
from headrace.mapping.vectors import ElementForm, Form

Applied = Callable[..., object]
# Makes of an argument, which is not null, what a parameter takes; Failed says why it cannot.
Change = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression is evaluated in.

    now          the moment that ``now()`` means, in epoch milliseconds
    exact        its numbers are decimals
    derivations  what the operator's own code computes
    """

    now: int
    exact: bool = False
    derivations: Derivations = NO_DERIVATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the language: all that is known of it.

    lazy        arguments come as calls, so that one that is not needed is never evaluated
    contextual  the first parameter is the Context
    named       the first parameter is the arguments' names: of a bare field its name, of anything else None
    draws       it gives another value each time that it is called
    derived     the operator's own code computes it, so it is called for rows only
    takes_paths arguments are fields by their paths, which may stand in quotes
    branches    from this argument on: the result is always one of these; None: it is something else
    elements    from this argument on: the result is an array of these; None: it is something else
    joins       over columns, an array that is its last argument comes as its elements, and its nulls do not count
    columns     the same over whole columns; None: there is no such form
    element     one element of the result over whole columns, by its number; None: there is no such form
    """

    name: str
    aliases: tuple[str, ...]
    category: str
    syntax: str
    examples: Mapping[str, object]
    run: Applied
    parameters: tuple[inspect.Parameter, ...]
    hints: Mapping[str, Any]
    lazy: bool
    contextual: bool
    named: bool
    draws: bool
    derived: bool
    takes_paths: bool
    branches: int | None
    elements: int | None
    joins: bool
    columns: Form | None
    element: ElementForm | None

    @property
    def description(self) -> str:
        """What the function does, in a sentence."""
        return inspect.cleandoc(self.run.__doc__ or "")

    @property
    def fewest(self) -> int:
        """How many arguments it needs."""
        return sum(
            parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
            for parameter in self.parameters
        )

    @property
    def most(self) -> int | None:
        """How many arguments it takes; None: any number."""
        if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in self.parameters):
            return None
        return len(self.parameters)

    @property
    def foreseeable(self) -> bool:
        """Whether what it makes of constants is known before any row."""
        return not (self.draws or self.derived)

    def parameter(self, position: int) -> inspect.Parameter:
        """The parameter that the argument at ``position`` goes to."""
        return self.parameters[min(position, len(self.parameters) - 1)]

    def changes(self, arguments: int) -> list[Change | None]:
        """How each of ``arguments`` arguments is read; None: as it is."""
        return [_adapter(self._hint(position))[0] for position in range(arguments)]

    def _hint(self, position: int) -> object:
        return self.hints[self.parameter(position).name]

    def applied(self, context: Context, arguments: int, names: Sequence[str | None] = ()) -> Applied:
        """The function for ``arguments`` arguments: from values that may be null to a value or a Failure."""
        call = _with(context, self.run) if self.contextual else _with(names, self.run) if self.named else self.run
        if self.lazy:
            return guarded(call)
        adapters = [_adapter(self._hint(position)) for position in range(arguments)]

        def apply(*values: object) -> object:
            adapted: list[object] = []
            for (change, nullable), value in zip(adapters, values, strict=True):
                if value is None and not nullable:
                    return None
                adapted.append(value if value is None or change is None else change(value))
            return call(*adapted)

        return guarded(apply)


def function(
    category: str,
    syntax: str,
    examples: Mapping[str, object],
    *,
    name: str = "",
    aliases: Sequence[str] = (),
    lazy: bool = False,
    contextual: bool = False,
    named: bool = False,
    draws: bool = False,
    derived: bool = False,
    takes_paths: bool = False,
    branches: int | None = None,
    elements: int | None = None,
    joins: bool = False,
    columns: Form | None = None,
    element: ElementForm | None = None,
) -> Callable[[Applied], Function]:
    """Declares a Python function as one of the language's; its docstring is the description.

    What a function is beyond what its annotations say stands here and nowhere else: see Function for each word.
    """

    def declare(run: Applied) -> Function:
        parameters = tuple(inspect.signature(run).parameters.values())
        return Function(
            name=name or run.__name__, aliases=tuple(aliases), category=category, syntax=syntax, examples=examples,
            run=run, parameters=parameters[contextual or named :], hints=get_type_hints(run, include_extras=True),
            lazy=lazy, contextual=contextual, named=named, draws=draws, derived=derived, takes_paths=takes_paths,
            branches=branches, elements=elements, joins=joins, columns=columns, element=element,
        )  # fmt: skip

    return declare


def guarded(call: Applied) -> Applied:
    """``call`` with what it raises on bad values turned into a Failure."""

    def guard(*values: object) -> object:
        try:
            return call(*values)
        except Failed as error:
            return Failure(error.reason, value=error.value, rejects=error.rejects)
        except RecursionError:
            return Failure("a value is nested too deeply")
        except (ArithmeticError, ValueError):
            # What is known to go wrong is Failed where it does, in words that say more.
            return Failure("no value can be made of these arguments")

    return guard


def joined(separator: str, texts: Sequence[str]) -> str:
    """Texts with ``separator`` between them, unless that grows beyond what a value may; looks before it joins."""
    if sum(map(len, texts)) + len(separator) * max(0, len(texts) - 1) > LONGEST_TEXT:
        raise Failed(f"the text grows beyond {LONGEST_TEXT} characters")
    return separator.join(texts)


def replaced(text: str, old: str, new: str) -> str:
    """``text`` with every ``old`` replaced, unless that grows beyond what a value may; looks before it replaces."""
    if len(text) + text.count(old) * (len(new) - len(old)) > LONGEST_TEXT:
        raise Failed(f"the text grows beyond {LONGEST_TEXT} characters")
    return text.replace(old, new)


def as_text(value: object) -> str:
    """A scalar as text."""
    text = text_of(value)
    if text is None:
        raise Failed(f"{type_name(value)} is no text")
    return text


def _with(first: object, run: Applied) -> Applied:
    return lambda *values: run(first, *values)


def _as_whole(value: object) -> int:
    number = whole(value)
    if number is None:
        raise Failed(f"{shown(value)} is no whole number")
    return number


def within(called: str, least: int | None, most: int | None) -> Change:
    """Reads a whole number that has to lie between two others; None is no bound."""
    bounds = f"from {least} to {most}" if least is not None else f"at most {most}"
    told = bounds if most is not None else f"{least} or more"

    def change(value: object) -> int:
        number = _as_whole(value)
        if (least is not None and number < least) or (most is not None and number > most):
            raise Failed(f"{shown(number)} is no {called}; it is {told}")
        return number

    return change


def _as_moment(value: object) -> datetime:
    moment = read_moment(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise Failed(f"{shown(value)} is no date-time")
    return moment


def as_regex(value: object) -> Regex:
    """A text as the regular expression that it is."""
    try:
        return compiled(as_text(value))
    except RegexInvalid as error:
        raise Failed(str(error)) from error


def _as_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Failed(f"{type_name(value)} is no array")
    return value


def _as_object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Failed(f"{type_name(value)} is no object")
    return value


def as_lambda(value: object) -> Applied:
    """A value that can be called."""
    if not callable(value):
        raise Failed("a lambda such as x -> x > 0 is needed")
    return value


_CHANGES: dict[object, Change] = {
    str: as_text,
    int: _as_whole,
    datetime: _as_moment,
    Regex: as_regex,
    list[object]: _as_list,
    dict[str, object]: _as_object,
    Applied: as_lambda,
}


def _adapter(hint: object) -> tuple[Change | None, bool]:
    """How an argument is read (None: as it is), and whether the function sees a null itself."""
    kinds = [one for one in get_args(hint) if one is not NoneType] if get_origin(hint) in (Union, UnionType) else [hint]
    kind = kinds[0] if len(kinds) == 1 else object
    change = get_args(kind)[1] if get_origin(kind) is Annotated else _CHANGES.get(kind)
    return change, change is None or kind is not hint
