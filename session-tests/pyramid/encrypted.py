"""Writes and reads encrypted cookies as docs/format.md describes them.

Besides the standard library, this program needs only the package `cryptography`.

    python session-tests/pyramid/encrypted.py   # serves until end of input

Each line of input is a command, and each line of output its answer. Both are JSON objects. Secrets and messages are in
hex. The first secret is the current one.

    {"op": "encrypt", "secrets": [HEX, ...], "purpose": TEXT, "name": TEXT, "message": HEX}
        Answer: {"cookie": VALUE}

    {"op": "decrypt", "secrets": [HEX, ...], "purpose": TEXT, "name": TEXT, "cookie": VALUE}
        Answer: {"message": HEX, "key": INDEX of the secret}, or {"message": null} if no secret decrypts the cookie.
"""

import base64
import binascii
import json
import os
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"


def encode(*parts):
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def derive(secret, purpose, name):
    """Returns the key id and the key."""
    info = encode(b"session-encrypt-v1", b"AES-256-GCM-SIV", purpose, name)
    derived = HKDF(algorithm=SHA256(), length=36, salt=None, info=info).derive(secret)
    return derived[32:], derived[:32]


def encrypt(secret, purpose, name, message):
    key_id, key = derive(secret, purpose, name)
    header, nonce = VERSION + key_id, os.urandom(12)
    ciphertext_and_tag = AESGCMSIV(key).encrypt(nonce, message, encode(header, purpose, name))
    envelope = header + nonce + ciphertext_and_tag
    return base64.urlsafe_b64encode(envelope).rstrip(b"=").decode("ascii")


def decrypt(secrets, purpose, name, cookie):
    """Returns the message and the index of the secret, or `None` if no secret decrypts the cookie."""
    try:
        envelope = base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    # The decoder also accepts `+`, `/` and nonzero bits after the last byte, and the call above completes partial
    # padding. So accept only the canonical base64 of the envelope, with all of its padding or without any.
    canonical = base64.urlsafe_b64encode(envelope).decode("ascii")
    if cookie not in (canonical, canonical.rstrip("=")):
        return None
    header, nonce, ciphertext_and_tag = envelope[:5], envelope[5:17], envelope[17:]
    if len(ciphertext_and_tag) < 16:
        return None
    for place, secret in enumerate(secrets):
        key_id, key = derive(secret, purpose, name)
        if header != VERSION + key_id:
            continue
        try:
            return AESGCMSIV(key).decrypt(nonce, ciphertext_and_tag, encode(header, purpose, name)), place
        except InvalidTag:
            continue
    return None


def answer(line):
    command = json.loads(line)
    secrets = [bytes.fromhex(secret) for secret in command["secrets"]]
    purpose, name = command["purpose"].encode(), command["name"].encode()
    match command["op"]:
        case "encrypt":
            return {"cookie": encrypt(secrets[0], purpose, name, bytes.fromhex(command["message"]))}
        case "decrypt":
            decrypted = decrypt(secrets, purpose, name, command["cookie"])
            if decrypted is None:
                return {"message": None}
            message, place = decrypted
            return {"message": message.hex(), "key": place}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(line)), flush=True)
