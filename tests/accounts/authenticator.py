"""A device with passkeys, in software: what it makes and signs is real, and a test may have it do any part wrongly.

It reads and answers WebAuthn's JSON, as the page's script does. What a test sees and sends goes over HTTP.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from tests.front_door import Browser, Page

AS_SCRIPT = {"Accept": "application/json"}

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ES256, EDDSA, ES384 = -7, -8, -35


def to_text(some: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(some).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class Secret:
    """One passkey on a device."""

    id: bytes
    key: ec.EllipticCurvePrivateKey
    user_handle: str
    counter: int = 0


@dataclass(frozen=True, slots=True)
class Wrongly:
    """What a device or whoever sits between does wrongly; nothing by default."""

    origin: str = ""
    rp_id: str = ""
    type: str = ""
    challenge: str = ""
    flags: int | None = None
    algorithm: int = ES256
    format: str = "none"
    statement: dict[str, Any] = field(default_factory=dict)
    user_handle: str | None = None
    leaves_out_handle: bool = False
    counter: int | None = None
    credential_id: bytes | None = None
    tampers: bool = False
    cross_origin: bool = False


RIGHTLY = Wrongly()


@dataclass(slots=True)
class Authenticator:
    """A device that holds passkeys for one site. ``counts``: whether it counts how often they were used."""

    origin: str
    counts: bool = True
    secrets: list[Secret] = field(default_factory=list)

    def make(self, options: dict[str, Any], wrongly: Wrongly = RIGHTLY) -> dict[str, Any]:
        """Make a passkey, as the options ask."""
        secret = Secret(
            wrongly.credential_id or secrets.token_bytes(32),
            ec.generate_private_key(ec.SECP256R1()),
            options["user"]["id"],
        )
        self.secrets.append(secret)
        flags = PRESENT | VERIFIED | ATTESTED if wrongly.flags is None else wrongly.flags
        attested = bytes(16) + len(secret.id).to_bytes(2) + secret.id + _cose(secret, wrongly.algorithm)
        data = self._data(wrongly.rp_id or options["rp"]["id"], flags, wrongly.counter or 0) + attested
        made = {"fmt": wrongly.format, "attStmt": wrongly.statement, "authData": data}
        client = self._client_data("webauthn.create", options, wrongly)
        return _answer(secret.id, clientDataJSON=client, attestationObject=cbor2.dumps(made))

    def use(
        self, options: dict[str, Any], wrongly: Wrongly = RIGHTLY, secret: Secret | None = None
    ) -> dict[str, Any]:
        """Use a passkey: the newest, or the given one."""
        secret = secret or self.secrets[-1]
        if self.counts:
            secret.counter += 1
        flags = PRESENT | VERIFIED if wrongly.flags is None else wrongly.flags
        counter = secret.counter if wrongly.counter is None else wrongly.counter
        data = self._data(wrongly.rp_id or options["rpId"], flags, counter)
        client = self._client_data("webauthn.get", options, wrongly)
        signature = secret.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        if wrongly.tampers:
            data = data[:-1] + bytes([data[-1] ^ 1])
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        if not wrongly.leaves_out_handle:
            parts["userHandle"] = to_bytes(wrongly.user_handle or secret.user_handle)
        return _answer(wrongly.credential_id or secret.id, **parts)

    def _data(self, rp_id: str, flags: int, counter: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + counter.to_bytes(4)

    def _client_data(self, kind: str, options: dict[str, Any], wrongly: Wrongly) -> bytes:
        content = {
            "type": wrongly.type or kind,
            "challenge": wrongly.challenge or options["challenge"],
            "origin": wrongly.origin or self.origin,
            "crossOrigin": wrongly.cross_origin,
        }
        return json.dumps(content).encode()


def _cose(secret: Secret, algorithm: int) -> bytes:
    """Return the public half of a key as COSE has it; of another algorithm, one that nobody holds."""
    if algorithm == EDDSA:
        raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        return cbor2.dumps({1: 1, 3: EDDSA, -1: 6, -2: raw})
    if algorithm == ES384:
        other = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: ES384, -1: 2, -2: other.x.to_bytes(48), -3: other.y.to_bytes(48)})
    numbers = secret.key.public_key().public_numbers()
    return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})


def _answer(credential_id: bytes, **parts: bytes) -> dict[str, Any]:
    named = to_text(credential_id)
    response = {name: to_text(part) for name, part in parts.items()}
    return {"id": named, "rawId": named, "type": "public-key", "response": response}


# --- what the page's script does -------------------------------------------------------------------------


def who(browser: Browser) -> str | None:
    """Return who is signed in, without the word that something new waits for them."""
    name = browser.name()
    return name and name.removesuffix("new notice")


def token_of(browser: Browser) -> str:
    """Return the token that this browser's forms carry."""
    page = browser.get("/log-in")
    if page.status_code == 303:
        page = browser.get("/search")
    return next(form.values["csrf_token"] for form in Page(page.text).forms if "csrf_token" in form.values)


def ask(browser: Browser, purpose: str) -> requests.Response:
    """Ask what the device is to be asked for."""
    return browser.http.post(
        f"{browser.forum.base_url}/auth/passkey/options",
        data={"csrf_token": token_of(browser), "purpose": purpose},
        headers=AS_SCRIPT,
        timeout=20,
    )


def options_for(browser: Browser, purpose: str) -> dict[str, Any]:
    """Return what the device is to be asked for."""
    answer = ask(browser, purpose)
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


def bring(
    browser: Browser,
    credential: object,
    purpose: str = "sign-in",
    *,
    next: str = "/about",
    as_script: bool = False,
) -> requests.Response:
    """Send the forum what the device answered; text goes as it is."""
    text = credential if isinstance(credential, str) else json.dumps(credential)
    fields = {"csrf_token": token_of(browser), "credential": text}
    address = "/settings/sign-in/passkeys"
    if purpose != "add":
        address = "/auth/passkey"
        fields |= {"purpose": purpose, "next": next}
    return browser.http.post(
        browser.forum.base_url + address,
        data=fields,
        headers=AS_SCRIPT if as_script else {},
        allow_redirects=False,
        timeout=20,
    )


def add_passkey(browser: Browser, device: Authenticator, wrongly: Wrongly = RIGHTLY) -> requests.Response:
    """Add a passkey from this device to the account of whoever is signed in."""
    return bring(browser, device.make(options_for(browser, "add"), wrongly), "add")


def use_passkey(
    browser: Browser,
    device: Authenticator,
    purpose: str = "sign-in",
    wrongly: Wrongly = RIGHTLY,
    *,
    next: str = "/about",
) -> requests.Response:
    """Use the newest passkey of this device."""
    return bring(browser, device.use(options_for(browser, purpose), wrongly), purpose, next=next)
