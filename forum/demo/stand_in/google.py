"""OpenID Connect as Google serves it: discovery, keys, the authorization page and the token endpoint.

Every address names its client, so that what one test switches on reaches no other; the issuer is the same
for all.
"""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

from flask import Blueprint, Response, jsonify, url_for
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.wrappers import Response as AnyResponse

from forum import clock
from forum.demo.stand_in import GOOGLE_ISSUER
from forum.demo.stand_in.authorization import GOOGLE, answer_as, ask_who
from forum.demo.stand_in.faults import Fault
from forum.demo.stand_in.state import Grant, state
from forum.demo.stand_in.tokens import (
    HTML,
    TokenRefused,
    finished,
    jsonify_with,
    redeemed,
    trouble,
    trouble_with,
)

pages = Blueprint("google", __name__, url_prefix="/google/<client_id>")

ELSEWHERE = "https://elsewhere.stand-in.invalid"


@pages.get("/.well-known/openid-configuration")
def discovery(client_id: str) -> AnyResponse:
    """The discovery document (OpenID Connect Discovery 1.0, section 4)."""
    faults = state().faults
    if faults.on(client_id, Fault.DISCOVERY_DOWN):
        return Response(HTML, 503, mimetype="text/html")
    if faults.on(client_id, Fault.DISCOVERY_HTML):
        return Response(HTML, mimetype="text/html")
    algorithms = [] if faults.on(client_id, Fault.NO_RS256_IN_DISCOVERY) else ["RS256"]
    if faults.on(client_id, Fault.ALGORITHM_NONE):
        algorithms.append("none")
    if faults.on(client_id, Fault.ALGORITHM_HS256):
        algorithms.append("HS256")
    document: dict[str, object] = {
        "issuer": GOOGLE_ISSUER,
        "authorization_endpoint": url_for("google.authorize", client_id=client_id, _external=True),
        "token_endpoint": url_for("google.token", client_id=client_id, _external=True),
        "jwks_uri": url_for("google.keys", client_id=client_id, _external=True),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "email"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "email", "email_verified"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "claims_parameter_supported": True,
        "authorization_response_iss_parameter_supported": not faults.on(client_id, Fault.ISS_NOT_ADVERTISED),
    }
    if faults.on(client_id, Fault.WRONG_ISSUER_IN_DISCOVERY):
        document["issuer"] = "https://someone-else.stand-in.invalid"
    if faults.on(client_id, Fault.ENDPOINTS_ON_OTHER_HOST):
        document["token_endpoint"] = f"{ELSEWHERE}/token"
        document["jwks_uri"] = f"{ELSEWHERE}/keys"
    if faults.on(client_id, Fault.TOKEN_ENDPOINT_WITHOUT_TLS):
        document["token_endpoint"] = "http://google.stand-in.invalid/token"  # noqa: S105  (An address.)
    return jsonify(document)


@pages.get("/keys")
def keys(client_id: str) -> AnyResponse:
    """The public signing keys (RFC 7517), among others that sign nothing."""
    if state().faults.on(client_id, Fault.KEYS_DOWN):
        return Response(HTML, 503, mimetype="text/html")
    published = _signing_key(client_id).as_dict(private=False) | {"use": "sig", "alg": "RS256"}
    if state().faults.on(client_id, Fault.KEYS_WITHOUT_IDS):
        published.pop("kid")
    encryption = state().stray_key.as_dict(private=False) | {"use": "enc", "kid": "for-encryption"}
    return jsonify({"keys": [{"kty": "unheard-of", "kid": "odd"}, encryption, published]})


@pages.get("/authorize")
def authorize(client_id: str) -> AnyResponse:
    """The authorization endpoint: ask who to be."""
    return ask_who(GOOGLE, client_id)


@pages.post("/authorize")
def authorized(client_id: str) -> AnyResponse:
    """The persona was chosen."""
    return answer_as(GOOGLE, client_id)


@pages.post("/token")
def token(client_id: str) -> AnyResponse:
    """The token endpoint (RFC 6749, section 4.1.3)."""
    broken = trouble(client_id)
    if broken is not None:
        return broken
    try:
        grant = redeemed(GOOGLE, client_id)
    except TokenRefused as refusal:
        return jsonify_with(refusal.status, {"error": refusal.error})
    broken = trouble_with(grant)
    if broken is not None:
        return broken
    access_token = state().new_token(grant)
    return finished(
        client_id,
        {
            "access_token": access_token,
            "expires_in": 3599,
            "scope": grant.request.scope,
            "token_type": "Bearer",
            "id_token": signed(client_id, _claims(grant, access_token)),
        },
    )


def _signing_key(client_id: str) -> RSAKey:
    return state().new_key if state().faults.on(client_id, Fault.NEW_KEY) else state().key


def signed(client_id: str, claims: dict[str, object]) -> str:
    """Return a token with these claims, signed rightly but for what the switches change."""
    faults = state().faults
    if faults.on(client_id, Fault.NOT_A_TOKEN):
        return "this is no token"
    key = _signing_key(client_id)
    header: dict[str, object] = {"alg": "RS256", "kid": key.kid}
    if faults.on(client_id, Fault.KEYS_WITHOUT_IDS):
        del header["kid"]
    if faults.on(client_id, Fault.ALGORITHM_NONE):
        return f"{_segment({'alg': 'none'})}.{_segment(claims)}."
    if faults.on(client_id, Fault.ALGORITHM_HS256):
        client = state().client(client_id)
        secret = OctKey.import_key(client.client_secret if client else "")
        return jwt.encode({"alg": "HS256"}, claims, secret, algorithms=["HS256"])
    if faults.on(client_id, Fault.ALGORITHM_HS256_WITH_PUBLIC_KEY):
        # The library refuses to take a public key for a secret, as it should; so this is put together by
        # hand.
        return _signed_with_public_key(key, claims)
    if faults.on(client_id, Fault.ALGORITHM_RS512):
        return jwt.encode({**header, "alg": "RS512"}, claims, key, algorithms=["RS512"])
    if faults.on(client_id, Fault.UNKNOWN_KEY):
        return jwt.encode({"alg": "RS256", "kid": "stray"}, claims, state().stray_key)
    if faults.on(client_id, Fault.WRONG_KEY):
        return jwt.encode(header, claims, state().stray_key)
    return jwt.encode(header, claims, key)


def _claims(grant: Grant, access_token: str) -> dict[str, object]:
    """Return what the ID token says (OpenID Connect Core 1.0, section 2), with what the switches change."""
    client_id = grant.request.client_id
    faults = state().faults
    now = int(clock.now().timestamp())
    issued = now - (faults.seconds(client_id, Fault.ISSUED_SECONDS_AGO) or 0)
    issued += faults.seconds(client_id, Fault.ISSUED_IN_SECONDS) or 0
    authenticated = faults.seconds(client_id, Fault.AUTHENTICATED_SECONDS_AGO) or 0
    max_age = grant.request.max_age
    if max_age is not None and authenticated > max_age and not faults.on(client_id, Fault.MAX_AGE_IGNORED):
        # OpenID Connect Core 1.0, section 3.1.2.1: whoever logged in too long ago does so again.
        authenticated = 0
    claims: dict[str, object] = {
        "iss": GOOGLE_ISSUER,
        "azp": client_id,
        "aud": client_id,
        "sub": faults.text(client_id, Fault.SUBJECT) or grant.persona.google_subject,
        "at_hash": _half_hash(access_token),
        "nonce": grant.request.nonce,
        "auth_time": now - authenticated,
        "iat": issued,
        "exp": issued + int(timedelta(hours=1).total_seconds()),
    }
    email = faults.text(client_id, Fault.EMAIL) or grant.persona.google_email
    if email is not None and "email" in grant.request.scope.split():
        claims["email"] = email
        claims["email_verified"] = not faults.on(client_id, Fault.EMAIL_NOT_VERIFIED)
    expired = faults.seconds(client_id, Fault.EXPIRED_SECONDS)
    if expired is not None:
        claims["exp"] = now - expired
    changes: dict[Fault, dict[str, object]] = {
        Fault.WRONG_ISSUER: {"iss": "https://someone-else.stand-in.invalid"},
        Fault.WRONG_AUDIENCE: {"aud": "another-client", "azp": "another-client"},
        Fault.AUDIENCE_LIST: {"aud": [client_id]},
        Fault.AUDIENCE_LIST_WITH_AZP: {"aud": [client_id, "another-client"]},
        Fault.OTHER_AUDIENCE_WITH_AZP: {"aud": "another-client"},
        Fault.OTHER_AZP: {"azp": "another-client"},
        Fault.NO_AUTH_TIME: {"auth_time": None},
        Fault.NONCE_MISSING: {"nonce": None},
        Fault.NONCE_WRONG: {"nonce": "another-nonce"},
        Fault.NO_EXPIRY: {"exp": None},
        Fault.EMPTY_SUBJECT: {"sub": ""},
        Fault.NUMERIC_SUBJECT: {"sub": 1000},
        Fault.MISSING_SUBJECT: {"sub": None},
        Fault.LONG_SUBJECT: {"sub": "1" * 256},
    }
    for fault, change in changes.items():
        if faults.on(client_id, fault):
            claims |= change
    return {name: value for name, value in claims.items() if value is not None}


def _half_hash(access_token: str) -> str:
    """Return the access token's hash as an ID token carries it (OpenID Connect Core 1.0, section 3.1.3.6)."""
    return _base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def _signed_with_public_key(key: RSAKey, claims: dict[str, object]) -> str:
    signed = f"{_segment({'alg': 'HS256', 'kid': key.kid})}.{_segment(claims)}"
    signature = hmac.new(key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(signature)}"


def _segment(content: dict[str, object]) -> str:
    return _base64url(json.dumps(content).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
