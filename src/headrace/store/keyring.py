"""Encryption at rest: AES-256-GCM with the key's id inside each blob and the row's id as associated data."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headrace.errors import Broken, KeyLost
from headrace.store.key_sources import KEY_ID_BYTES, KeyFile, KeySource

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id; new blobs are sealed with ``current``, older keys still open what they sealed.

    ``source`` is asked again for a key that is not among them, and before anything is sealed where asking costs
    nothing: another key may have been added.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    source: KeySource | None = None

    def seal(self, plain: bytes, row: str) -> bytes:
        """Encrypts ``plain`` for the row named ``row``: key id (8 bytes) + nonce (12 bytes) + ciphertext."""
        ring = _read(self.source) if self.source is not None and self.source.is_at_hand() else self
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(ring.keys[ring.current]).encrypt(nonce, plain, row.encode())
        return bytes.fromhex(ring.current) + nonce + sealed

    def open(self, blob: bytes, row: str) -> bytes:
        """Decrypts what ``seal`` made for the same row; KeyLost without its key, Broken for another row."""
        key_id = key_of(blob)
        nonce = blob[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        keys = self.keys if key_id in self.keys or self.source is None else _read(self.source).keys
        if key_id not in keys:
            raise KeyLost(
                f"The secret of {row} was sealed with key {key_id}, which is not in {self.source or 'the keys'}. Put "
                "the key there again, or send the secret anew."
            )
        try:
            return AESGCM(keys[key_id]).decrypt(nonce, blob[KEY_ID_BYTES + NONCE_BYTES :], row.encode())
        except InvalidTag as error:
            raise Broken(f"The secret of {row} cannot be opened: it was changed or belongs elsewhere.") from error

    def lacks(self, ids: Collection[str]) -> list[str]:
        """Those of the keys' ids that neither it nor its source has."""
        if self.source is None or set(ids) <= self.keys.keys():
            return sorted(set(ids) - self.keys.keys())
        return sorted(set(ids) - _read(self.source).keys.keys())


def key_of(blob: bytes) -> str:
    """The id of the key that sealed it."""
    return blob[:KEY_ID_BYTES].hex()


def load_keyring(source: KeySource | Path) -> Keyring:
    """What the source gives; a key file (or its path) that is not there is made, with one key."""
    asked = KeyFile(source) if isinstance(source, Path) else source
    if isinstance(asked, KeyFile):
        asked.make_sure()
    return _read(asked)


def _read(source: KeySource) -> Keyring:
    keys = source.read()
    return Keyring(next(reversed(keys)), keys, source)
