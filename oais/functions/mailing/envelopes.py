"""Envelopes: a letter sealed with the service key, so that no copy of the database tells address or text."""

from __future__ import annotations

import base64
import json

from cryptography.fernet import Fernet, InvalidToken

from oais.errors import DamageError
from oais.functions.service import Service
from oais.mail import Address, Letter, Subject


def seal(service: Service, letter: Letter) -> str:
    """Return the letter sealed."""
    plain = {"to": letter.to.text, "subject": letter.subject.value, "text": letter.text}
    moment = int(service.now().timestamp())
    return _sealer(service).encrypt_at_time(json.dumps(plain).encode(), moment).decode()


def unseal(service: Service, envelope: str) -> Letter:
    """Return the letter in an envelope; raises DamageError for one that this archive did not seal."""
    try:
        plain = json.loads(_sealer(service).decrypt(envelope.encode()))
    except InvalidToken:
        raise DamageError(
            "a queued letter was not sealed with this service key",
            remedy="restore keys/service.key from the backup that belongs to the database",
        ) from None
    return Letter(Address(plain["to"]), Subject(plain["subject"]), plain["text"])


def _sealer(service: Service) -> Fernet:
    key = bytes.fromhex(service.hmac("mail envelopes", ""))
    return Fernet(base64.urlsafe_b64encode(key))
