"""The outermost layer: host check, request id, security headers. Static files and faults have them too."""

import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from config import Settings

_request_id: ContextVar[str] = ContextVar("request_id", default="")

_NOT_HERE = b"This forum does not answer to that name.\n"


def request_id() -> str:
    """Return the id of the request being answered; it names nobody and is printed on error pages."""
    return _request_id.get()


def security_headers(settings: Settings) -> list[tuple[str, str]]:
    """Return the headers every response carries."""
    # Chromium applies form-action to where a POST redirects, so the providers' own pages are named.
    form_targets = " ".join(["'self'", *sorted(_sign_in_origins(settings))])
    policy = "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            f"form-action {form_targets}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        ]
    )
    headers = [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    ]
    if settings.over_https:
        headers.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    return headers


def _sign_in_origins(settings: Settings) -> set[str]:
    origins = set()
    for provider in settings.providers.values():
        page = (
            provider.authorize_url
            or (provider.metadata_url if settings.stand_in else None)
            or provider.issuer
        )
        parts = urlsplit(page)
        origins.add(f"{parts.scheme}://{parts.netloc}")
    return origins


class Outermost:
    """WSGI layer around everything else."""

    def __init__(self, inner: WSGIApplication, settings: Settings) -> None:
        self.inner = inner
        self.headers = security_headers(settings)
        self.trusted = frozenset(host.lower() for host in settings.trusted_hosts)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        made = uuid.uuid4().hex
        _request_id.set(made)
        own = [*self.headers, ("X-Request-Id", made)]
        named = {name.lower() for name, _value in own}

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            kept = [(name, value) for name, value in headers if name.lower() not in named]
            return start_response(status, kept + own, exc_info)

        if environ.get("HTTP_HOST", "").lower() not in self.trusted:
            start(
                "400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", str(len(_NOT_HERE)))]
            )
            return [_NOT_HERE]
        return self.inner(environ, start)
