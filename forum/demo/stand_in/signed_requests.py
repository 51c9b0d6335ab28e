"""Facebook's ``signed_request``: how it tells an application that someone left or wants to be deleted."""

import base64
import hashlib
import hmac
import json

ALGORITHM = "HMAC-SHA256"


def payload(user_id: str, issued_at: int, algorithm: str = ALGORITHM) -> dict[str, object]:
    """Return what such a call says about a person."""
    return {"algorithm": algorithm, "expires": issued_at + 3600, "issued_at": issued_at, "user_id": user_id}


def sign(content: dict[str, object], secret: str) -> str:
    """Return the content signed with the application's secret: ``signature.payload``, both base64url."""
    encoded = _base64url(json.dumps(content).encode())
    signature = hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest()
    return f"{_base64url(signature)}.{encoded}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
