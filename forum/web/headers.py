"""The outermost layer: host check, one name for this machine, request id, security headers. Faults have them too."""

import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from config import LOOPBACK_HOSTS, Settings, is_loopback

_request_id: ContextVar[str] = ContextVar("request_id", default="")

_FACEBOOK = "https://www.facebook.com"
_FACEBOOK_ON_PHONES = "https://m.facebook.com"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What may stand in an address as it is.
_PLAIN_IN_PATH = "/:@!$&'()*+,;=~"
_PLAIN_IN_QUERY = _PLAIN_IN_PATH + "?%"

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
        # Where the sign-in page is; a discovery document lives on the same host as the page that it names.
        parts = urlsplit(provider.authorize_url or provider.metadata_url or provider.issuer)
        origin = f"{parts.scheme}://{parts.netloc}"
        origins.add(origin)
        if origin == _FACEBOOK:
            # It leads phones there, and form-action is held against every redirect that follows a form.
            origins.add(_FACEBOOK_ON_PHONES)
    return origins


class Outermost:
    """WSGI layer around everything else."""

    def __init__(self, inner: WSGIApplication, settings: Settings) -> None:
        self.inner = inner
        self.headers = security_headers(settings)
        self.base_url = settings.base_url
        self.other_names = _other_names(settings.base_url)
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

        host = environ.get("HTTP_HOST", "").lower()
        if host in self.other_names:
            return self._lead_on(environ, start)
        if host not in self.trusted:
            return _say(start, "400 Bad Request", _NOT_HERE)
        return self.inner(environ, start)

    def _lead_on(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Lead a browser to the one name of this machine under which its cookies and the providers know the forum."""
        if environ["REQUEST_METHOD"] not in SAFE_METHODS:
            # No page of ours has a form that leads here, and what was sent must not be sent on.
            return _say(start, "400 Bad Request", f"This forum is at {self.base_url}/\n".encode())
        path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=_PLAIN_IN_PATH)
        query = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe=_PLAIN_IN_QUERY)
        # Else a path that doesn't begin with a slash would become a part of the host's name.
        target = f"{self.base_url}/{path.removeprefix('/')}{'?' if query else ''}{query}"
        return _say(start, "307 Temporary Redirect", b"", ("Location", target), ("Cache-Control", "no-store"))


def _other_names(base_url: str) -> frozenset[str]:
    """Return how else this machine may be called, where the forum is served to itself alone over http."""
    base = urlsplit(base_url)
    if base.scheme != "http" or not is_loopback(base_url):
        return frozenset()
    port = f":{base.port}" if base.port else ""
    names = {f"[{name}]{port}" if ":" in name else f"{name}{port}" for name in LOOPBACK_HOSTS}
    return frozenset(names - {base.netloc})


def _say(start: StartResponse, status: str, sentence: bytes, *headers: tuple[str, str]) -> Iterable[bytes]:
    start(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Language", "en"),
            ("Content-Length", str(len(sentence))),
            *headers,
        ],
    )
    return [sentence]
