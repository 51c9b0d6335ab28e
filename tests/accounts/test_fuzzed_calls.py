"""Ten thousand signed requests and two thousand security events that no provider would send."""

import base64
import hashlib
import hmac
import json
import random
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask
from joserfc.jwk import RSAKey
from sqlalchemy import select

from config import ProviderSettings, Settings
from forum import clock
from forum.accounts.models import Identity
from forum.accounts.providers import security_events, signing_keys
from forum.database.session import Database
from forum.demo.stand_in.signed_requests import payload, sign
from forum.permissions.actor import MemberState
from tests import cast
from tests.accounts.fuzzing import (
    ODD_TEXTS,
    Request,
    ask,
    check,
    counts_of,
    escaped,
    mutated,
    odd_bytes,
    odd_json,
    seeded,
)
from tests.cast import Someone
from tests.soaking import rounds

CHUNKS = rounds(2, soaking=20)
PER_CHUNK = 500
EVENT_CHUNKS = rounds(1, soaking=4)
FORM = "application/x-www-form-urlencoded"
ADDRESSES = ("/auth/facebook/deauthorize", "/auth/facebook/deletion")
PERSON = "10220000000777"


@pytest.fixture
def known(app: Flask, database: Database, settings: Settings) -> Someone:
    """Return a member whom both providers know by the same number."""
    someone = cast.member(app, "Juniper")
    with database.transaction() as session:
        for provider in settings.providers.values():
            session.add(
                Identity(
                    member_id=someone.member_id, issuer=provider.issuer, subject=PERSON, added_at=clock.now()
                )
            )
    return someone


def rested(someone: Someone) -> list[int]:
    """Return the identities that rest."""
    with someone.database.reading() as session:
        return list(session.scalars(select(Identity.id).where(Identity.dormant_since.is_not(None))))


def is_untouched(someone: Someone) -> bool:
    """Say whether a member is signed in as before, and no identity of theirs rests."""
    return someone.actor.state is MemberState.ACTIVE and not rested(someone)


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# --- signed requests -----------------------------------------------------------------------------------------


def forged_request(rng: random.Random, secret: str, now: int) -> str:
    """Return a signed request in which something isn't right."""
    right = sign(payload(PERSON, now), secret)
    way = rng.randrange(8)
    if way == 0:
        return mutated(rng, right)
    if way == 1:
        # HMAC fills a key up with zero bytes, so with some of those at its end it is the same key.
        guessed = mutated(rng, secret).encode(errors="replace").decode()
        return sign(payload(PERSON, now), guessed.replace("\0", "0"))
    if way == 2:
        # Right in every way but how its bytes are written.
        encoded = rng.choice(
            (
                base64.b64encode(json.dumps(payload(PERSON + "??>>", now)).encode()).decode(),
                base64.b16encode(json.dumps(payload(PERSON, now)).encode()).decode(),
                base64url(odd_bytes(rng)),
                json.dumps(payload(PERSON, now)),
                rng.choice(ODD_TEXTS).replace(".", ""),
            )
        )
        return mutated(rng, signed_over(encoded, secret))
    if way == 3:
        return signed_over(base64url(odd_bytes(rng)), secret)
    wrong: dict[str, Any] = {
        "algorithm": rng.choice(("HMAC-SHA1", "none", "hmac-sha256", "HMAC-SHA256 ", odd_json(rng))),
        "issued_at": rng.choice((now - 601, now + 3600, str(now), float(now), 0, True, odd_json(rng))),
        "user_id": rng.choice(
            (int(PERSON), [PERSON], {"id": PERSON}, "", " ", f"{PERSON}\0", "é", "1" * 256)
        ),
    }
    changed = rng.sample(sorted(wrong), rng.randrange(1, 4))
    content = payload(PERSON, now) | {name: wrong[name] for name in changed}
    if way == 4:
        for name in changed:
            del content[name]
    return sign(content, secret)


def signed_over(text: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), text.encode(errors="surrogatepass"), hashlib.sha256).digest()
    return f"{base64url(digest)}.{text}"


def call_with(rng: random.Random, address: str, text: str) -> Request:
    """Put a signed request into one of the bodies in which it could come."""
    body = f"signed_request={escaped(rng, text)}"
    way = rng.randrange(20)
    if way == 0:
        body += rng.choice(
            ("&signed_request=", f"&{body}", "&x=1&x=2", "&" * 400, "&=&=", "&signed_request[]=1")
        )
    if way == 1:
        return Request(address, body, "POST", {"Content-Type": FORM})
    if way == 2:
        content = json.dumps({"signed_request": text}).encode()
        return Request(address, "", "POST", {"Content-Type": "application/json"}, content)
    if way == 3:
        kind = rng.choice(
            ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "", "x/y; charset=é")
        )
        return Request(address, "", "POST", {"Content-Type": kind}, body.encode(errors="surrogatepass"))
    if way == 4:
        part = f'--x\r\nContent-Disposition: form-data; name="signed_request"\r\n\r\n{text}\r\n--x--\r\n'
        kind = "multipart/form-data; boundary=x"
        return Request(address, "", "POST", {"Content-Type": kind}, part.encode(errors="surrogatepass"))
    headers = {
        "Content-Type": rng.choice((FORM, FORM, f"{FORM}; charset=utf-16", f"{FORM}; charset=unheard-of"))
    }
    return Request(address, "", "POST", headers, body.encode())


@pytest.mark.proves("A32")
@pytest.mark.proves("A33")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_forged_signed_request_does_anything(
    app: Flask, settings: Settings, known: Someone, chunk: int
) -> None:
    assert settings.facebook is not None
    rng, secret = seeded(f"signed requests {chunk}"), settings.facebook.client_secret
    before, now = counts_of(app), int(clock.now().timestamp())
    for _ in range(PER_CHUNK):
        request = call_with(rng, rng.choice(ADDRESSES), forged_request(rng, secret, now))
        answer = ask(app, request)
        check(answer, request)
        assert answer.status == 400, request
        assert "Location" not in answer.headers
    assert counts_of(app) == before
    assert is_untouched(known)
    # And what is right among them is taken.
    body = f"signed_request={sign(payload(PERSON, int(clock.now().timestamp())), secret)}".encode()
    assert ask(app, Request(ADDRESSES[0], "", "POST", {"Content-Type": FORM}, body)).status == 200
    assert len(rested(known)) == 1


# --- security events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs events in place of Google, and what it would say."""

    key: rsa.RSAPrivateKey
    settings: ProviderSettings

    def claims(self) -> dict[str, Any]:
        """Return what a right token about the member says."""
        issuer = f"{self.settings.issuer}/"
        subject = {"subject_type": "iss-sub", "iss": issuer, "sub": PERSON}
        return {
            "iss": issuer,
            "aud": self.settings.client_id,
            "iat": int(clock.now().timestamp()),
            "jti": "an id",
            "events": {security_events.EventKind.SESSIONS_REVOKED.value: {"subject": subject}},
        }

    def signed(self, claims: bytes, header: bytes = b'{"alg":"RS256","kid":"here"}') -> str:
        """Sign whatever is given, rightly."""
        text = f"{base64url(header)}.{base64url(claims)}"
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64url(signature)}"


@pytest.fixture(scope="module")
def signing_key() -> rsa.RSAPrivateKey:
    """Return a key that is as good as Google's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def signer(settings: Settings, signing_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> Signer:
    """Let the forum know whose keys these are, as if it had asked just now: nobody answers at that address."""
    assert settings.google is not None
    google, address = settings.google, "http://127.0.0.1:9/keys"
    public = RSAKey.import_key(signing_key.public_key())
    kept = signing_keys._Keys({"here": public}, clock.now(), asked_again_at=clock.now())
    monkeypatch.setitem(signing_keys._keys, address, kept)
    known = security_events._Configuration(f"{google.issuer}/", address)
    place = (str(google.security_events_url), google.issuer)
    monkeypatch.setitem(security_events._configurations, place, (known, clock.now()))
    return Signer(signing_key, google)


def forged_event(rng: random.Random, signer: Signer) -> str:
    """Return a token in which something isn't right, or that is right and concerns nobody."""
    claims = signer.claims()
    right = signer.signed(json.dumps(claims).encode())
    way = rng.randrange(7)
    if way == 0:
        # The last letter holds bits that nobody reads: with others of those it is the same signature.
        changed = mutated(rng, right)
        return changed if changed[:-1] != right[:-1] and changed.strip() != right else right[:-2]
    if way == 1:
        return signer.signed(odd_bytes(rng))
    if way == 2:
        header = rng.choice(
            (
                odd_bytes(rng),
                json.dumps({"alg": odd_json(rng), "kid": "here"}).encode(),
                json.dumps({"alg": "RS256", "kid": odd_json(rng)}).encode(),
                b'{"alg":"RS256","kid":"here","crit":["x"],"x":1}',
                b'{"alg":"none","kid":"here"}',
                b'{"alg":"HS256","kid":"here"}',
                b'{"alg":["RS256"],"kid":"here"}',
                b'{"kid":"here"}',
            )
        )
        return signer.signed(json.dumps(claims).encode(), header)
    if way == 3:
        name = rng.choice(("iss", "aud", "iat", "jti", "events"))
        claims[name] = odd_json(rng)
        if name == "jti":
            claims["events"] = odd_json(rng)
        return signer.signed(json.dumps(claims).encode())
    if way == 4:
        subject: Any = {"subject_type": "iss-sub", "iss": claims["iss"], "sub": PERSON}
        subject[rng.choice(("subject_type", "iss", "sub"))] = odd_json(rng)
        event = rng.choice(({"subject": subject}, {"subject": odd_json(rng)}, odd_json(rng), {}))
        claims["events"] = {kind.value: event for kind in security_events.EventKind}
        return signer.signed(json.dumps(claims).encode())
    if way == 5:
        return ".".join(rng.choice(ODD_TEXTS) for _ in range(rng.randrange(6)))
    del claims[rng.choice(sorted(claims))]
    return signer.signed(json.dumps(claims).encode())


@pytest.mark.proves("A45")
@pytest.mark.parametrize("chunk", range(EVENT_CHUNKS))
def test_no_forged_event_does_anything(app: Flask, known: Someone, signer: Signer, chunk: int) -> None:
    rng, before = seeded(f"events {chunk}"), counts_of(app)
    answered: dict[int, int] = {}
    for _ in range(PER_CHUNK):
        kind = rng.choice(("application/secevent+jwt", "application/secevent+jwt", FORM, "", "text/plain"))
        body = forged_event(rng, signer).encode(errors="surrogatepass")
        request = Request("/auth/google/events", "", "POST", {"Content-Type": kind}, body)
        answer = ask(app, request)
        check(answer, request)
        answered[answer.status] = answered.get(answer.status, 0) + 1
        if answer.status == 400:
            assert set(json.loads(answer.body)) == {"err", "description"}
    assert counts_of(app) == before
    assert is_untouched(known)
    assert set(answered) == {202, 400}
    # Most of what is right in itself names nobody; a fair part of all was refused.
    assert answered[400] > PER_CHUNK / 2
    right = signer.signed(json.dumps(signer.claims()).encode()).encode()
    assert ask(app, Request("/auth/google/events", "", "POST", {}, right)).status == 202
    assert counts_of(app) != before
