"""Encryption at rest: AES-256-GCM with the key's id inside each blob and the row's id as associated data."""

import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headrace.errors import Broken

NONCE_BYTES = 12
KEY_ID_BYTES = 8
OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id; new blobs are sealed with ``current``, older keys still open what they sealed.

    ``path`` is read again before anything is sealed, and for a key that is not among them: another may have been added.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    path: Path | None = None

    def seal(self, plain: bytes, row: str) -> bytes:
        """Encrypts ``plain`` for the row named ``row``: key id (8 bytes) + nonce (12 bytes) + ciphertext."""
        ring = self if self.path is None or not self.path.exists() else _read(self.path)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(ring.keys[ring.current]).encrypt(nonce, plain, row.encode())
        return bytes.fromhex(ring.current) + nonce + sealed

    def open(self, blob: bytes, row: str) -> bytes:
        """Decrypts what ``seal`` made for the same row; Broken when key or row do not match."""
        key_id = key_of(blob)
        nonce = blob[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        keys = self.keys if key_id in self.keys or self.path is None else _read(self.path).keys
        if key_id not in keys:
            raise Broken(f"The secret of {row} was sealed with key {key_id}, which is not in the key file.")
        try:
            return AESGCM(keys[key_id]).decrypt(nonce, blob[KEY_ID_BYTES + NONCE_BYTES :], row.encode())
        except InvalidTag as error:
            raise Broken(f"The secret of {row} cannot be opened: it was changed or belongs elsewhere.") from error


def key_of(blob: bytes) -> str:
    """The id of the key that sealed it."""
    return blob[:KEY_ID_BYTES].hex()


def require_key_file(path: Path) -> None:
    """Broken when the key file is missing: another one would not open what the database holds."""
    if not path.exists():
        raise Broken(
            f"The key file {path.absolute()} is missing, and the database was used with one. Give the --data-dir that "
            "holds it, or restore it. If it is lost, put a new one there (16 and 64 hexadecimal digits in a line, mode "
            "600) and set the secrets of every connection again."
        )


def load_keyring(path: Path) -> Keyring:
    """Reads the key file (lines ``id key`` in hex, the last one current); makes it with one key if absent."""
    if not path.exists():
        _create(path)
    return _read(path)


def _read(path: Path) -> Keyring:
    if path.stat().st_mode & OTHERS:
        raise Broken(f"The key file {path} can be used by others than its owner; run chmod 600 on it.")
    pairs = [line.split() for line in path.read_text().splitlines() if line.strip()]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise Broken(f"The key file {path} is damaged: each line must hold a key id and a key in hex.")
    return Keyring(pairs[-1][0], {key_id: bytes.fromhex(key) for key_id, key in pairs}, path)


def add_key(path: Path) -> Keyring:
    """Adds a key to the file, with which everything is sealed from now on; the others stay."""
    load_keyring(path)
    _replace(path, path.read_text().rstrip("\n") + f"\n{_new_line()}")
    return load_keyring(path)


def forget_keys(path: Path, in_use: Collection[str]) -> int:
    """Takes the keys out of the file that are neither the last nor ``in_use`` (by id), and says how many."""
    *former, last = [line for line in path.read_text().splitlines() if line.strip()]
    kept = [line for line in former if line.split()[0] in in_use]
    if len(kept) < len(former):
        _replace(path, "\n".join([*kept, last, ""]))
    return len(former) - len(kept)


def _new_line() -> str:
    return f"{secrets.token_hex(KEY_ID_BYTES)} {secrets.token_hex(32)}\n"


def _replace(path: Path, text: str) -> None:
    draft = _draft(path, text)
    draft.replace(path)
    _sync(path.parent)


def _create(path: Path) -> None:
    # Written aside and linked: two first starts at once agree on one file, and no half-written key is ever read.
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, _new_line())
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
