"""What a browser asks every site: not to share what it knows about whoever uses it (Global Privacy Control)."""

from flask import request


def sends_gpc() -> bool:
    """Say whether the browser sends ``Sec-GPC: 1``."""
    return request.headers.get("Sec-GPC", "").strip() == "1"
