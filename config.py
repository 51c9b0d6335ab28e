"""Deploy settings: one frozen dataclass, read once from the environment and handed to ``create_app``.

What an operator decides when they install the forum lives here; what the community decides while it runs
(announcements, open or closed sign-up) is data, and does not. A value that is missing, malformed or at odds
with another one stops the start with the variable's name, so that nothing runs half configured.
"""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

PREFIX = "ALONGSIDE_"
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MINIMUM_KEY_BYTES = 32
# Random bytes or characters repeat less than this; "xxxx…" or all zeros is what somebody typed to get by.
MINIMUM_DISTINCT_BYTES = 10
# Who the stand-in provider says it is; nobody real can.
STAND_IN_ISSUERS = ".stand-in.invalid"
# What is well formed; which languages are there is known where the catalogues are.
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+")


def _shipped(name: str) -> Path:
    """Return a folder that stands beside this file in a checkout and inside the package in a wheel."""
    top = Path(__file__).resolve().parent
    inside = top / "forum" / name
    return inside if inside.is_dir() else top / name


TEMPLATES = _shipped("templates")
MIGRATIONS = _shipped("migrations")


# The addresses at which a provider may be reached instead of its published ones.
_PROVIDER_ADDRESSES = (
    "metadata_url",
    "security_events_url",
    "authorize_url",
    "token_url",
    "profile_url",
    "debug_token_url",
)


class SettingsError(ValueError):
    """A setting is missing, malformed or contradicts another; the message names the variable."""


class Mode(StrEnum):
    """What kind of installation this is: only ``production`` serves real people."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """How to reach one sign-in provider. Google is found by discovery, Facebook by fixed endpoints."""

    provider: str
    client_id: str
    client_secret: str = field(repr=False)
    # The issuer is part of a member's identity: changing it makes everyone a stranger.
    issuer: str
    # Google: where the discovery document is. Facebook has none.
    metadata_url: str | None = None
    # Google: where the document stands that says who signs its security events; None means they are not taken.
    security_events_url: str | None = None
    # Facebook: fixed endpoints; None means the published ones of the pinned Graph API version.
    authorize_url: str | None = None
    token_url: str | None = None
    profile_url: str | None = None
    debug_token_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator sets. Built by ``from_environ`` or, in tests, directly."""

    mode: Mode
    # The one public address, without a trailing slash: cookies, redirect URIs and links derive from it.
    base_url: str
    # Host names (with port where not the default) the forum answers to; anything else is a 400.
    trusted_hosts: tuple[str, ...]
    # sqlite:///path/file.sqlite3 or postgresql+psycopg://…
    database_url: str = field(repr=False)
    # Uploads, exports, ledger head and, in the demo, keys.
    data_folder: Path

    # Keys, newest first: the first signs, the others are still accepted until what they signed has expired.
    # session_keys sign the browser's session cookie (rotate any time; keep the old one for 30 days).
    session_keys: tuple[str, ...] = field(repr=False)
    # cookie_keys encrypt the fifteen-minute cookie of a sign-up under way (Fernet keys; keep the old one an hour).
    cookie_keys: tuple[str, ...] = field(repr=False)

    # Sign-in providers; None means that its button is not offered.
    google: ProviderSettings | None = None
    facebook: ProviderSettings | None = None
    # True only in the demo and in tests: the providers are the stand-in on a loopback port.
    stand_in: bool = False

    # Let members log in with a passkey too: needs the extra "passkeys", and a name as host in the base URL.
    passkeys: bool = False

    # The mail server that takes our letters; None means that none are written.
    smtp_host: str | None = None
    smtp_port: int = 587
    # How the way there is encrypted: "starttls", "tls" from the first byte, or "none" (this machine alone).
    smtp_security: str = "starttls"
    # Both or neither.
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    # Who writes: an address, and a name that betrays no illness to whoever sees somebody's inbox.
    mail_from: str = ""
    mail_name: str = "Alongside"

    # The community's name as people read it.
    site_name: str = "Alongside Chronic Pain"
    # Who runs it: printed in the policies and on the about page.
    operator_name: str = ""
    operator_address: str = ""
    operator_contact: str = ""
    operator_country: str = ""
    # Nobody younger may join.
    minimum_age: int = 18
    # IANA zone in which pages print times for whoever has not said theirs.
    time_zone: str = "UTC"
    # Language of pages for whoever neither chose one nor asks for one that is there; a BCP 47 tag.
    default_locale: str = "en"
    # Offer the made-up languages that show what was left untranslated. Demo and tests only.
    pseudo_locales: bool = False

    # Where ``forum serve`` listens, and how many requests one process answers at once.
    bind: str = "127.0.0.1"
    port: int = 8000
    threads: int = 16
    workers: int = 1
    # How many reverse proxies stand in front and set X-Forwarded-*; 0 means none is believed.
    proxy_hops: int = 0

    def __post_init__(self) -> None:
        _check(self)

    @property
    def over_https(self) -> bool:
        """Say whether readers reach the forum by https."""
        return self.base_url.startswith("https://")

    @property
    def on_sqlite(self) -> bool:
        """Say whether the embedded database is used."""
        return self.database_url.startswith("sqlite")

    @property
    def providers(self) -> dict[str, ProviderSettings]:
        """Return the providers that are configured, by name, in the order they are offered."""
        return {p.provider: p for p in (self.google, self.facebook) if p is not None}

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from ``ALONGSIDE_*`` variables.

        Raises SettingsError with the variable's name for anything missing, malformed or unknown.
        """
        return _Reader(os.environ if environ is None else environ).settings()


def is_loopback(address: str) -> bool:
    """Say whether a URL's host is this machine."""
    return (urlsplit(address).hostname or "") in LOOPBACK_HOSTS


def _check(settings: Settings) -> None:
    """Refuse what is unsafe or contradictory, before anything listens."""
    scheme = settings.base_url.partition("://")[0]
    if scheme not in ("http", "https") or settings.base_url != f"{scheme}://{_host_of(settings.base_url)}":
        raise SettingsError(f"{PREFIX}BASE_URL must be like https://forum.example, without a path.")
    if settings.mode is Mode.PRODUCTION and scheme != "https":
        raise SettingsError(f"{PREFIX}BASE_URL must begin with https:// in production.")
    if settings.mode is not Mode.PRODUCTION:
        _check_stays_here(settings)
    if not settings.trusted_hosts:
        raise SettingsError(f"{PREFIX}TRUSTED_HOSTS must name at least one host.")
    if not settings.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError(f"{PREFIX}DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    if settings.database_url.removeprefix("sqlite:///") in ("", ":memory:"):
        raise SettingsError(
            f"{PREFIX}DATABASE_URL must name a file: what is only in memory is gone at the end."
        )
    _check_keys(settings)
    if settings.on_sqlite and settings.workers > 1:
        raise SettingsError(f"{PREFIX}WORKERS above 1 needs PostgreSQL: SQLite serves one process.")
    _check_numbers(settings)
    if settings.stand_in:
        _check_stand_in(settings)
    else:
        _check_providers(settings)
    if settings.passkeys:
        _check_passkeys(settings)
    _check_mail(settings)
    if settings.pseudo_locales and settings.mode is Mode.PRODUCTION:
        raise SettingsError(f"{PREFIX}PSEUDO_LOCALES can't be used with {PREFIX}MODE=production.")
    if not _LANGUAGE_TAG.fullmatch(settings.default_locale):
        raise SettingsError(f"{PREFIX}DEFAULT_LOCALE must be the tag of a language, like en or pt-BR.")
    for name in ("operator_name", "operator_contact"):
        if settings.mode is Mode.PRODUCTION and not getattr(settings, name):
            raise SettingsError(f"{PREFIX}{name.upper()} is printed in the policies and must be set.")
    try:
        ZoneInfo(settings.time_zone)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"{PREFIX}TIME_ZONE must be the name of a time zone, like Europe/Dublin."
        ) from None


def _check_stays_here(settings: Settings) -> None:
    """Without production's guards, nobody but this machine may be served."""
    mode = settings.mode.value
    if settings.bind not in LOOPBACK_HOSTS:
        raise SettingsError(f"{PREFIX}BIND must be a loopback address with {PREFIX}MODE={mode}.")
    if not is_loopback(settings.base_url):
        raise SettingsError(
            f"{PREFIX}BASE_URL must be this machine's own loopback address with {PREFIX}MODE={mode}."
        )


def _check_keys(settings: Settings) -> None:
    """Refuse keys that are too short, or that somebody typed instead of making them at random."""
    if not settings.session_keys or any(len(k.encode()) < MINIMUM_KEY_BYTES for k in settings.session_keys):
        raise SettingsError(f"{PREFIX}SESSION_KEYS needs keys of at least {MINIMUM_KEY_BYTES} bytes.")
    if any(len(set(key.encode())) < MINIMUM_DISTINCT_BYTES for key in settings.session_keys):
        raise SettingsError(f"{PREFIX}SESSION_KEYS must be random: one of them repeats a few characters.")
    if not settings.cookie_keys:
        raise SettingsError(f"{PREFIX}COOKIE_KEYS needs at least one key.")
    for key in settings.cookie_keys:
        try:
            Fernet(key)
        except ValueError:
            raise SettingsError(f"{PREFIX}COOKIE_KEYS must be Fernet keys (32 bytes in base64).") from None
        if len(set(base64.urlsafe_b64decode(key))) < MINIMUM_DISTINCT_BYTES:
            raise SettingsError(f"{PREFIX}COOKIE_KEYS must be random: one of them repeats a few bytes.")


def _host_of(address: str) -> str:
    """Return host and port of an address as they are written, or "" when they make no sense."""
    try:
        parts = urlsplit(address)
        plain = parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        return ""
    return parts.netloc if plain else ""


def _check_numbers(settings: Settings) -> None:
    """Refuse numbers with which nothing could be served, or not as the operator thinks."""
    for name, least, most in (
        ("minimum_age", 13, 99),
        ("port", 1, 65535),
        ("threads", 1, 1000),
        ("workers", 1, 1000),
        ("proxy_hops", 0, 10),
        ("smtp_port", 1, 65535),
    ):
        if not least <= getattr(settings, name) <= most:
            raise SettingsError(f"{PREFIX}{name.upper()} must lie between {least} and {most}.")


def _check_providers(settings: Settings) -> None:
    """Without the flag for it, no provider may be the stand-in; in production none may be reached in the clear."""
    for provider in settings.providers.values():
        name = provider.provider.upper()
        if STAND_IN_ISSUERS in provider.issuer:
            raise SettingsError(f"{PREFIX}STAND_IN is off, yet {PREFIX}{name}_ISSUER is the stand-in's.")
        for what in _PROVIDER_ADDRESSES:
            address = getattr(provider, what)
            if settings.mode is Mode.PRODUCTION and address and not address.startswith("https://"):
                raise SettingsError(f"{PREFIX}{name}_{what.upper()} must begin with https:// in production.")


def _check_passkeys(settings: Settings) -> None:
    """A passkey is tied to a host's name: browsers make none for an address of numbers (WebAuthn, section 5.1.2)."""
    host = urlsplit(settings.base_url).hostname or ""
    if host.startswith("[") or ":" in host or host.replace(".", "").isdigit():
        raise SettingsError(f"{PREFIX}PASSKEYS needs a name as the host in {PREFIX}BASE_URL, like localhost.")
    if find_spec("webauthn") is None:
        raise SettingsError(f'{PREFIX}PASSKEYS needs the extra "passkeys", which is not installed.')


def _check_mail(settings: Settings) -> None:
    """A mail server that is half set up would swallow what members are told."""
    if settings.smtp_security not in ("starttls", "tls", "none"):
        raise SettingsError(f"{PREFIX}SMTP_SECURITY must be starttls, tls or none.")
    if bool(settings.smtp_user) != bool(settings.smtp_password):
        missing = "PASSWORD" if settings.smtp_user else "USER"
        raise SettingsError(f"{PREFIX}SMTP_{missing} is not set, so mail is only half configured.")
    if settings.smtp_host is None:
        for name in ("smtp_user", "mail_from"):
            if getattr(settings, name):
                raise SettingsError(f"{PREFIX}SMTP_HOST is not set, yet {PREFIX}{name.upper()} is.")
        return
    if not _MAIL_ADDRESS.fullmatch(settings.mail_from):
        raise SettingsError(
            f"{PREFIX}MAIL_FROM must be an address like forum@example.org when SMTP_HOST is set."
        )
    if settings.smtp_security == "none" and settings.smtp_host not in LOOPBACK_HOSTS:
        raise SettingsError(f"{PREFIX}SMTP_SECURITY=none is for a mail server on this machine alone.")


def _check_stand_in(settings: Settings) -> None:
    """The stand-in provider lets anyone be anyone: it needs every one of these, or nothing starts."""
    # In every other mode, bind and base URL were found to be loopback addresses already.
    if settings.mode is Mode.PRODUCTION:
        raise SettingsError(f"{PREFIX}STAND_IN can't be used with {PREFIX}MODE=production.")


class _Reader:
    """Take variables one by one, so that what nobody took can be named as unknown."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.given = {k[len(PREFIX) :]: v for k, v in environ.items() if k.startswith(PREFIX)}
        # Flask reads this one by itself; its debugger lets whoever sees an error page run code.
        self.debug = environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.given.pop(name, "").strip()
        if value:
            return value
        if default is None:
            raise SettingsError(f"{PREFIX}{name} is not set.")
        return default

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise SettingsError(f"{PREFIX}{name} must be a whole number.")
        return int(value)

    def several(self, name: str, default: str | None = None) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text(name, default).split(",") if part.strip())

    def switch(self, name: str) -> bool:
        value = self.text(name, "no").lower()
        if value not in ("yes", "no"):
            raise SettingsError(f"{PREFIX}{name} must be yes or no.")
        return value == "yes"

    def provider(
        self, name: str, issuer: str, metadata_url: str | None = None, security_events_url: str | None = None
    ) -> ProviderSettings | None:
        upper = name.upper()
        mentioned = any(key.startswith(f"{upper}_") and value.strip() for key, value in self.given.items())
        client_id = self.text(f"{upper}_CLIENT_ID", "")
        client_secret = self.text(f"{upper}_CLIENT_SECRET", "")
        own_issuer = self.text(f"{upper}_ISSUER", issuer)
        published = {"metadata_url": metadata_url, "security_events_url": security_events_url}
        addresses = {
            what: self.text(f"{upper}_{what.upper()}", published.get(what) or "") or None
            for what in _PROVIDER_ADDRESSES
        }
        if not mentioned:
            return None
        if not client_id or not client_secret:
            missing = "CLIENT_ID" if not client_id else "CLIENT_SECRET"
            raise SettingsError(f"{PREFIX}{upper}_{missing} is not set, so {name} is only half configured.")
        return ProviderSettings(
            provider=name,
            client_id=client_id,
            client_secret=client_secret,
            issuer=own_issuer,
            **addresses,
        )

    def settings(self) -> Settings:
        mode = self.text("MODE", Mode.PRODUCTION.value)
        if mode not in set(Mode):
            raise SettingsError(f"{PREFIX}MODE must be one of {', '.join(Mode)}.")
        base_url = self.text("BASE_URL").rstrip("/")
        data_folder = Path(self.text("DATA_FOLDER")).expanduser().resolve()
        made = Settings(
            mode=Mode(mode),
            base_url=base_url,
            trusted_hosts=self.several("TRUSTED_HOSTS", _host_of(base_url)),
            database_url=self.text("DATABASE_URL", f"sqlite:///{data_folder / 'alongside.sqlite3'}"),
            data_folder=data_folder,
            session_keys=self.several("SESSION_KEYS"),
            cookie_keys=self.several("COOKIE_KEYS"),
            google=self.provider(
                "google",
                "https://accounts.google.com",
                "https://accounts.google.com/.well-known/openid-configuration",
                "https://accounts.google.com/.well-known/risc-configuration",
            ),
            facebook=self.provider("facebook", "https://www.facebook.com"),
            stand_in=self.switch("STAND_IN"),
            passkeys=self.switch("PASSKEYS"),
            smtp_host=self.text("SMTP_HOST", "") or None,
            smtp_port=self.number("SMTP_PORT", 587),
            smtp_security=self.text("SMTP_SECURITY", "starttls"),
            smtp_user=self.text("SMTP_USER", ""),
            smtp_password=self.text("SMTP_PASSWORD", ""),
            mail_from=self.text("MAIL_FROM", ""),
            mail_name=self.text("MAIL_NAME", "Alongside"),
            site_name=self.text("SITE_NAME", "Alongside Chronic Pain"),
            operator_name=self.text("OPERATOR_NAME", ""),
            operator_address=self.text("OPERATOR_ADDRESS", ""),
            operator_contact=self.text("OPERATOR_CONTACT", ""),
            operator_country=self.text("OPERATOR_COUNTRY", ""),
            minimum_age=self.number("MINIMUM_AGE", 18),
            time_zone=self.text("TIME_ZONE", "UTC"),
            default_locale=self.text("DEFAULT_LOCALE", "en"),
            pseudo_locales=self.switch("PSEUDO_LOCALES"),
            bind=self.text("BIND", "127.0.0.1"),
            port=self.number("PORT", 8000),
            threads=self.number("THREADS", 16),
            workers=self.number("WORKERS", 1),
            proxy_hops=self.number("PROXY_HOPS", 0),
        )
        if self.given:
            raise SettingsError(f"{PREFIX}{min(self.given)} is not a setting of this forum.")
        if self.debug and made.mode is Mode.PRODUCTION:
            raise SettingsError("FLASK_DEBUG must not be set in production.")
        return made
