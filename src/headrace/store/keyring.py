"""Encryption at rest: AES-256-GCM with the key's id inside each blob and the row's id as associated data."""

import os
import secrets
from collections.abc import Mapping
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
    """Keys by id; new blobs are sealed with ``current``, older keys still open what they sealed."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def seal(self, plain: bytes, row: str) -> bytes:
        """Encrypts ``plain`` for the row named ``row``: key id (8 bytes) + nonce (12 bytes) + ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, plain, row.encode())
        return bytes.fromhex(self.current) + nonce + sealed

    def open(self, blob: bytes, row: str) -> bytes:
        """Decrypts what ``seal`` made for the same row; Broken when key or row do not match."""
        key_id = blob[:KEY_ID_BYTES].hex()
        nonce = blob[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        if key_id not in self.keys:
            raise Broken(f"The secret of {row} was sealed with key {key_id}, which is not in the key file.")
        try:
            return AESGCM(self.keys[key_id]).decrypt(nonce, blob[KEY_ID_BYTES + NONCE_BYTES :], row.encode())
        except InvalidTag as error:
            raise Broken(f"The secret of {row} cannot be opened: it was changed or belongs elsewhere.") from error


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
    if path.stat().st_mode & OTHERS:
        raise Broken(f"The key file {path} can be used by others than its owner; run chmod 600 on it.")
    pairs = [line.split() for line in path.read_text().splitlines() if line.strip()]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise Broken(f"The key file {path} is damaged: each line must hold a key id and a key in hex.")
    return Keyring(pairs[-1][0], {key_id: bytes.fromhex(key) for key_id, key in pairs})


def _create(path: Path) -> None:
    # Written aside and linked: two first starts at once agree on one file, and no half-written key is ever read.
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not named by the process's id: in a container that is the same at every start, also after a crash right here.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(KEY_ID_BYTES)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{secrets.token_hex(KEY_ID_BYTES)} {secrets.token_hex(32)}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync(path.parent)


def _sync(directory: Path) -> None:
    """Makes the file's name durable: what is sealed with the key must not outlive it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
