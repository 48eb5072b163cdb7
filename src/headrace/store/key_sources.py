"""Where the keys that seal secrets come from: a file, a variable of the environment, a command of a secret manager.

Each gives lines ``id key``, 16 and 64 hexadecimal digits, of which the last one seals; a comma ends a line too.
"""

import os
import re
import secrets
import shlex
import subprocess
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from headrace.errors import Broken, Invalid, legible
from headrace.settings import KEYS_VARIABLE, Settings

KEY_ID_BYTES, KEY_BYTES = 8, 32
OTHERS = 0o077
COMMAND_SECONDS = 60.0
LONGEST_SHOWN = 200
_LINE = re.compile(rf"([0-9a-f]{{{2 * KEY_ID_BYTES}}})\s+([0-9a-f]{{{2 * KEY_BYTES}}})", re.IGNORECASE)


class KeySource(Protocol):
    """What gives keys; its text is its name in errors."""

    def read(self) -> dict[str, bytes]:
        """The keys by id, in their order; Broken where there are none, or something else."""

    def is_at_hand(self) -> bool:
        """Whether reading costs nothing and asks nobody."""

    def require(self) -> None:
        """Broken where it cannot have the keys of a database that was used before."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file of its owner's alone, which the first start makes."""

    path: Path

    def __str__(self) -> str:
        return f"the key file {self.path}"

    def read(self) -> dict[str, bytes]:
        if self.path.stat().st_mode & OTHERS:
            raise Broken(f"The key file {self.path} can be used by others than its owner; run chmod 600 on it.")
        return parsed(self.path.read_text(), str(self))

    def is_at_hand(self) -> bool:
        return self.path.exists()

    def require(self) -> None:
        if not self.path.exists():
            raise Broken(
                f"The key file {self.path.absolute()} is missing, and the database was used with one. Give the "
                "--data-dir that holds it, or the --key-file or --key-command that the server has; or restore it. If "
                "it is lost, put a new one there (headrace key new prints its line; mode 600) and set the secrets of "
                "every connection again."
            )

    def make_sure(self) -> None:
        """Makes the file, with one key, where there is none."""
        if not self.path.exists():
            _create(self.path)

    def add(self) -> None:
        """Adds a key, with which everything is sealed from now on; the others stay."""
        self.read()
        _replace(self.path, self.path.read_text().rstrip("\n") + f"\n{new_line()}\n")

    def forget(self, in_use: Collection[str]) -> None:
        """Takes out the keys that are neither the last nor ``in_use`` (by id)."""
        gone = idle(self, in_use)
        kept = {id: key for id, key in self.read().items() if id not in gone}
        _replace(self.path, "".join(f"{id} {key.hex()}\n" for id, key in kept.items()))


@dataclass(frozen=True, slots=True)
class KeyVariable:
    """A variable of the environment, read at the start."""

    name: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"the variable {self.name}"

    def read(self) -> dict[str, bytes]:
        return parsed(self.text, str(self))

    def is_at_hand(self) -> bool:
        return True

    def require(self) -> None:
        self.read()


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """A command that prints the keys, such as a secret manager's; run without a shell."""

    command: str

    def __str__(self) -> str:
        return "what --key-command prints"

    def read(self) -> dict[str, bytes]:
        try:
            done = subprocess.run(  # noqa: S603 (the operator's own command)
                shlex.split(self.command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            why = f"took longer than {COMMAND_SECONDS:.0f} s" if isinstance(error, subprocess.TimeoutExpired) else error
            raise Broken(f"--key-command gave no keys: {why}.") from error
        if done.returncode:
            said = legible(done.stderr.decode("utf-8", "replace").strip(), LONGEST_SHOWN) or "nothing"
            raise Broken(f"--key-command ended with {done.returncode} and gave no keys; it says: {said}")
        return parsed(done.stdout.decode("utf-8", "replace"), str(self))

    def is_at_hand(self) -> bool:
        return False

    def require(self) -> None:
        """It is asked when the keys are needed."""


def key_source(settings: Settings) -> KeySource:
    """The source in force: the command, the variable, else the file; Invalid where two of them are set."""
    chosen = {
        "--key-command": settings.key_command, KEYS_VARIABLE: settings.keys, "--key-file": settings.key_path,
    }  # fmt: skip
    several = [name for name, value in chosen.items() if value]
    if len(several) > 1:
        raise Invalid(f"Keys come from one place; leave out {' or '.join(several)}.", field="key-file")
    if settings.key_command:
        return KeyCommand(settings.key_command)
    return KeyVariable(KEYS_VARIABLE, settings.keys) if settings.keys else KeyFile(settings.key_file)


def parsed(text: str, name: str) -> dict[str, bytes]:
    """The keys by id in a text; Broken, without a word of it, where it holds anything else, or an id twice."""
    lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    pairs = [_LINE.fullmatch(line) for line in lines]
    keys = {pair[1].lower(): bytes.fromhex(pair[2]) for pair in pairs if pair}
    if not keys or len(keys) < len(lines):
        raise Broken(
            f"{name[0].upper()}{name[1:]} is damaged: each line must hold a key id of {2 * KEY_ID_BYTES} hexadecimal "
            f"digits, a blank, and a key of {2 * KEY_BYTES}; each id once."
        )
    return keys


def idle(source: KeySource, in_use: Collection[str]) -> list[str]:
    """The ids of the keys that are neither the last nor ``in_use``."""
    *former, _ = source.read()
    return [id for id in former if id not in in_use]


def new_line() -> str:
    """A new key with its id."""
    return f"{secrets.token_hex(KEY_ID_BYTES)} {secrets.token_hex(KEY_BYTES)}"


def _replace(path: Path, text: str) -> None:
    draft = _draft(path, text)
    draft.replace(path)
    _sync(path.parent)


def _create(path: Path) -> None:
    # Written aside and linked: two first starts at once agree on one file, and no half-written key is ever read.
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, f"{new_line()}\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync(path.parent)


def _draft(path: Path, text: str) -> Path:
    """The text in a file of its owner's beside ``path``."""
    # Not named by the process's id: in a container that is the same at every start, also after a crash right here.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(KEY_ID_BYTES)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync(directory: Path) -> None:
    """Makes the file's name durable: what is sealed with the key must not outlive it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
