"""Pages as real sources send them, drawn at random: drift, odd numbers, nulls, broken elements; and what reads them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from headrace.lake import TableRef
from headrace.runs.plan import Target
from source_server import part, reading, spec

NOW = 1_660_000_000_000
LONG = {"type": "integer", "minimum": -(2**53), "maximum": 2**53 - 1}
TEXT = {"type": "string"}
TYPES: dict[str, dict[str, Any]] = {
    "long": LONG, "int": {"type": "integer"}, "double": {"type": "number"}, "text": TEXT, "flag": {"type": "boolean"},
    "money": {"type": "number", "meta:headraceType": "decimal(38,18)"},
    "small": {"type": "number", "meta:headraceType": "decimal(9,2)"},
    "day": {"type": "string", "format": "date"}, "moment": {"type": "string", "format": "date-time"},
    "doubles": {"type": "array", "items": {"type": "number"}},
    "texts": {"type": "array", "items": TEXT}, "longs": {"type": "array", "items": LONG},
    "map": {"type": "object", "additionalProperties": TEXT},
    "short": {"type": "string", "maxLength": 4},
}  # fmt: skip
INNER = {"type": "object", "properties": {"t": TEXT, "tags": {"type": "array", "items": TEXT}}}
OBJECT = {
    "type": "object",
    "properties": {"a": LONG, "c": TYPES["money"], "in": INNER, "list": {"type": "array", "items": INNER}},
}
ELEMENTS = {"type": "array", "items": {"type": "object", "properties": {"n": LONG, "t": TEXT, "x": TYPES["double"]}}}

INTEGERS = ["0", "7", "-3", "2147483648", "9007199254740993", "9223372036854775807", "9223372036854775808", "-0"]
NUMBERS = [
    "1.5", "0.1", "7.0", "1.10", "-0.0", "1E+2", "1e-7", "9007199254740993.0", "9.007199254740993e15", "1e400",
    "1234567890123456789.0", "0.1234567890123456789", "12345678901234567.25", "4503599627370496.99999999", "1e-400",
    "1e99999999999999999999", "-1e-99999999999999999999", "0e99", "123456.789", "99.99", "1" * 60, "9" * 310, "1.8e308",
]  # fmt: skip
TEXTS = [
    "", "a", "7", "1.50", "1e3", " 12", "n/a", "é", "😀", "NaN", "2022-08-10", "2022-02-30", "yes", "9" * 25, "[{",
    "2022-08-10T05:06:07Z", "2022-08-10T05:06:07.123456Z", "2022-08-10T05:06:07.123456789Z", '"', "\\", "x\ny", "-0",
    "0.0000000000000000001", "12345678901234567890.5",
]  # fmt: skip
HALVES = ['"\\ud83d"', '"a\\udc00b"', '"\\ud83dA"']
BROKEN = [
    b'{"k":1,"n":NaN}', b'{"k":1,"z":Infinity}', b'{"k":"a\nb"}', b'{"k":"\xff"}', b'{"z":"\xff"}', b'{"k" 1}', b"",
    b"null", b"7", b'"{}"', b"[1]", b"true", b"[" * 300 + b"]" * 300, b'{"z":' + b"[" * 300 + b"]" * 300 + b"}",
    b'{"n":' + b"[" * 1200 + b"]" * 1200 + b"}", b'{"n":01}',
]  # fmt: skip

Draw = Callable[[Random], str]


def _integer(random: Random) -> str:
    return random.choice(INTEGERS) if random.random() < 0.05 else str(random.randrange(-50, 1000))


def _number(random: Random) -> str:
    return random.choice(NUMBERS) if random.random() < 0.15 else repr(round(random.uniform(-99, 99), 2))


def _text(random: Random) -> str:
    if random.random() < 0.02:
        return random.choice(HALVES)
    ascii = random.random() < 0.5
    return json.dumps(random.choice(TEXTS), ensure_ascii=ascii)


def _flag(random: Random) -> str:
    return random.choice(["true", "false"])


def _moment(random: Random) -> str:
    return json.dumps(f"2022-0{random.randrange(1, 10)}-1{random.randrange(10)}T05:0{random.randrange(10)}:00Z")


def _array(items: Draw) -> Draw:
    return lambda random: "[" + ",".join(_maybe(random, items) for _ in range(random.choice([0, 1, 1, 2, 3]))) + "]"


def _object(**fields: Draw) -> Draw:
    def draw(random: Random) -> str:
        names = [name for name in fields if random.random() < 0.85]
        random.shuffle(names)
        return "{" + ",".join(f'"{name}":{_maybe(random, fields[name])}' for name in names) + "}"

    return draw


def _maybe(random: Random, draw: Draw) -> str:
    chance = random.random()
    return "null" if chance < 0.08 else _anything(random) if chance < 0.085 else draw(random)


def _anything(random: Random, depth: int = 0) -> str:
    kind = random.randrange(6 if depth > 1 else 9)
    if kind < 4:
        return [_integer, _number, _text, _flag][kind](random)
    if kind < 6:
        return random.choice(["null", "{}", "[]", '""', "7", '"x"'])
    inner = [_anything(random, depth + 1) for _ in range(random.randrange(3))]
    if kind == 6:
        return "[" + ",".join(inner) + "]"
    return "{" + ",".join(f'"{random.choice("antx")}":{value}' for value in inner) + "}"


_INNER = _object(t=_text, tags=_array(_text), unknown=_integer)
FIELDS: dict[str, Draw] = {
    "n": _integer, "m": _integer, "x": _number, "t": _text, "b": _flag, "at": _moment, 'quo"te': _integer,
    "é/": _integer, "名": lambda random: "null" if random.random() < 0.8 else "1",
    'ob"j': _object(**{"k\\\\": _text}),
    "l": _array(_text), "ln": _array(_integer), "lx": _array(_number),
    "lo": _array(_object(n=_integer, t=_text, x=_number)),
    "o": _object(a=_integer, c=_number, **{"in": _INNER}, list=_array(_INNER)),
    "cost": _object(amount=_number, n=_integer), "amount": _number,
    "pv": _array(_text), "day": _object(y=lambda r: str(r.randrange(2020, 2024)), m=_integer, d=_integer),
    "v": _text, "list": _array(_object(at=_integer, t=_text)),
}  # fmt: skip
OTHERS = ["z", "N", "\\ud83d", "\\u006e", "_row", "_errors"]


def element(random: Random, drift: float) -> bytes:
    """An element as text: its fields in any order, some absent, null, doubled, unknown or of another kind."""
    names = [name for name in FIELDS if random.random() < 0.85]
    random.shuffle(names)
    if random.random() < 0.1:
        names.append(random.choice(names or ["n"]))
    members = []
    ascii, slash = random.random() < 0.5, random.choice(["/", r"\/"])
    for name in names:
        value = _anything(random) if random.random() < drift else _maybe(random, FIELDS[name])
        members.append(f"{json.dumps(name, ensure_ascii=ascii).replace('/', slash)}:{value}")
    if random.random() < 0.15:
        members.append(f'"{random.choice(OTHERS)}":{_anything(random)}')
    return ("{" + random.choice([",", ", "]).join(members) + "}").encode()


@dataclass(frozen=True)
class World:
    """A spec, pages that it reads, and a mapping.

    pages  of each page its elements as they stand in it, and what stands beside them
    """

    document: dict[str, Any]
    prefix: str
    pages: Sequence[tuple[Sequence[bytes], str]]
    items: tuple[dict[str, Any], ...]
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def bodies(self) -> list[tuple[str, bytes]]:
        """The pages with their names."""
        return [(f"p{n}", self._body(elements, beside)) for n, (elements, beside) in enumerate(self.pages)]

    def _body(self, elements: Sequence[bytes], beside: str) -> bytes:
        array = b"[" + b",".join(elements) + b"]"
        return beside.encode().replace(b"@", array, 1) if beside else array

    @property
    def target(self) -> Target:
        """What the mapping fills."""
        full = {"type": "object", "properties": self.properties}
        return Target(TableRef("o", "s", "d"), "https://ns/s", "1.0", full, "m", 0, self.items, NOW)

    def decoder(self, wanted: Any) -> Any:
        """The product's decoder of the pages."""
        from headrace import sources

        return sources.decoder(reading(self.document), part(), wanted)

    def with_pages(self, pages: Sequence[tuple[Sequence[bytes], str]]) -> "World":
        return replace(self, pages=pages)


def world(seed: int, most: int = 24) -> World:
    """The world of a seed; its pages have at most so many elements."""
    random = Random(seed)
    document, prefix, beside = _spec(random)
    drift = random.choice([0.0, 0.0, 0.01, 0.05, 0.4])
    broken = random.choice([0.0, 0.0, 0.02, 0.2])
    pages = []
    for _ in range(random.choice([1, 1, 2, 3])):
        count = random.choice([0, 1, 2, 5, most // 4, most // 2, most])
        elements = [random.choice(BROKEN) if random.random() < broken else element(random, drift) for _ in range(count)]
        pages.append((elements, beside(random)))
    items, properties = _mapping(random, prefix, random.randrange(1, 9))
    return World(document, prefix, pages, items, properties)


def _spec(random: Random) -> tuple[dict[str, Any], str, Callable[[Random], str]]:
    """A spec, what its records' paths begin with, and what stands around the array (``@``) of a page."""
    extension: dict[str, Any] = {}
    if random.random() < 0.4:
        extension["rename"] = {"v": "pv[0]"}
    if random.random() < 0.1:
        extension["rename"] = random.choice(
            [
                {"amount": "cost.amount", "t": "o.in.t"},
                {"n": "m", "m": "n"},
                {"amount": "cost.amount", "cost": "cost.n"},
                {"n": """['quo"te']"""},
                {"t": """['ob"j']['k\\']"""},
            ]
        )
    content: dict[str, Any] = {"path": "$"}
    prefix = ""

    def root(random: Random) -> str:
        return ""

    def among(random: Random) -> str:
        total = random.choice(["7", "1.10", '"x"', "null", '{"x":1}', "-0"])
        meta = random.choice(['{"x":1.50}', '{"x":"a"}', "null", "7", "[]", "{}"])
        return f'{{"total":{total},"meta":{meta},"data":@,"skipped":[1]}}'

    beside = root
    if random.random() < 0.75:
        content, prefix, beside = {"path": "$.data", "skipAttributes": ["skipped"]}, "data.", among
        if random.random() < 0.4:
            content["overrideWrapperAttribute"], prefix = "row", "row."
        if random.random() < 0.2:
            content["keepAttributes"] = ["total"]
    if random.random() < 0.3:
        extension["day"] = random.choice(
            [
                {"year": f"{prefix}day.y", "month": f"{prefix}day.m", "day": f"{prefix}day.d"},
                {"date": f"{prefix}at"},
                {"date": f"{prefix}t"},
            ]
        )
    more: dict[str, Any] = {}
    if random.random() < 0.2:
        more["explodeEntityPath"] = {"path": f"$.{prefix}list", "overrideWrapperAttribute": "one"}
    return spec(contentPath=content, extension=extension or None, **more), prefix, beside


SCALARS = ["n", "m", "x", "t", "b", "at", "v", "amount", "cost.amount", "cost.n", "o.a", "o.c", "o.in.t", "never",
           "l[0]", "lo[0].n", "lo[1].t", "pv[0]", "one.at", "o", "l", "cost", 'quo"te', "n.deeper", "é/",
           "名"]  # fmt: skip
FITTING = {
    "n": ["long", "double", "text", "money"], "m": ["long", "text"], "x": ["double", "text", "money"],
    "t": ["text"], "b": ["flag", "text"], "at": ["moment", "day", "text"], "v": ["text"], "amount": ["money", "text"],
    "cost.amount": ["double", "text"], "cost.n": ["long", "text"], "o.a": ["long"], "o.c": ["money", "text"],
}  # fmt: skip
SIMPLE = ["long", "int", "double", "text", "flag", "money", "small", "day", "moment", "short"]
WIDE = ["texts", "longs", "doubles", "map"]
EXPRESSIONS = [
    ("concat({}n, '-', {}t)", "text"), ("{}n + 1", "long"), ("{}x * 2", "double"), ("upper({}t)", "text"),
    ("iif({}b, {}t, 'no')", "text"), ("coalesce({}n, {}x)", "double"), ("{}x + {}n", "money"), ("{}n", "text"),
    ("{}x", "text"), ("{}l[0]", "text"), ("size_of({}l)", "long"), ("{}cost.amount / 2", "double"),
    ("{}amount", "small"), ("{}o.a", "long"), ("date({}at)", "moment"), ("split({}t, '-')", "texts"),
    ("'fixed'", "text"), ("{}m - {}n", "int"), ("lower(concat({}v, {}t))", "text"), ("{}l", "texts"),
]  # fmt: skip


def _mapping(random: Random, prefix: str, count: int) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    items: list[dict[str, Any]] = []
    properties: dict[str, Any] = {}
    for n in range(count):
        properties[f"f{n}"], more = _entry(random, prefix, f"f{n}")
        items += more
    return tuple(items), properties


def _entry(random: Random, prefix: str, to: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A field of the target, and what fills it."""
    kind = random.random()
    if kind < 0.45:
        source = random.choice(SCALARS)
        type = random.choice(SIMPLE if random.random() < 0.2 else FITTING.get(source, ["text"]))
        return TYPES[type], [_item(prefix + source, to)]
    if kind < 0.55:
        source = random.choice(["l", "ln", "lx", "lo", "t", "n", "o", "cost", "pv", "lo[*].n", "lo[*].t"])
        return TYPES[random.choice(WIDE[:3] if "*" in source else WIDE)], [_item(prefix + source, to)]
    if kind < 0.65:
        return OBJECT, [_item(f"{prefix}o", to)]
    if kind < 0.75:
        leaves = random.sample(["n", "t", "x"], random.randrange(1, 4))
        return ELEMENTS, [_item(f"{prefix}lo[*].{leaf}", f"{to}[*].{leaf}") for leaf in leaves]
    if kind < 0.8:
        return ELEMENTS, [_item(f"{prefix}lo", to)]
    if kind < 0.85 and prefix:
        source, type = random.choice(["total", "meta.x", "meta"]), random.choice(SIMPLE)
        return TYPES[type], [_item(source, to)]
    text, type = random.choice(EXPRESSIONS)
    return TYPES[type], [{**_item(text.replace("{}", prefix), to), "sourceType": "EXPRESSION"}]


def _item(source: str, destination: str) -> dict[str, Any]:
    return {"sourceType": "ATTRIBUTE", "source": source, "destination": destination}
