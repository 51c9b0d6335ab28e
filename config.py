"""Deploy settings: one frozen dataclass, read once from the environment and handed to ``create_app``.

What an operator decides when they install the forum lives here; what the community decides while it runs
(announcements, open or closed sign-up) is data, and does not. A value that is missing, malformed or at odds
with another one stops the start with the variable's name, so that nothing runs half configured.
"""

import base64
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

from forum import shapes

PREFIX = "ALONGSIDE_"
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MINIMUM_KEY_BYTES = 32
# Random bytes or characters repeat less than this; "xxxx…" or all zeros is what somebody typed to get by.
MINIMUM_DISTINCT_BYTES = 10
# Who the stand-in provider says it is; nobody real can.
STAND_IN_ISSUERS = ".stand-in.invalid"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAIL_WITHOUT_HOST = "SMTP_HOST is not set, yet other settings of mail are."


def _shipped(name: str) -> Path:
    """Return a folder that stands beside this file in a checkout and inside the package in a wheel."""
    top = Path(__file__).resolve().parent
    inside = top / "forum" / name
    return inside if inside.is_dir() else top / name


TEMPLATES, MIGRATIONS = _shipped("templates"), _shipped("migrations")

# Where a provider may be reached instead of at its published addresses.
_PUBLISHED = ("metadata", "security_events", "authorize", "token", "profile", "debug_token")
_PROVIDER_ADDRESSES = tuple(f"{what}_url" for what in _PUBLISHED)


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
    # ledger_keys sign the consent ledger's head, which is kept outside the database (keep the old ones for good).
    ledger_keys: tuple[str, ...] = field(repr=False)
    # ban_keys make the hashes by which a banned person who left, and a name that somebody had, are known again (keep
    # the old ones for two years).
    ban_keys: tuple[str, ...] = field(repr=False)

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

    # The bucket that speaks S3 in which pictures lie (extra "s3"): all five, or none for a folder in data_folder.
    s3_endpoint: str = ""
    s3_bucket: str = ""
    s3_region: str = ""
    s3_key_id: str = ""
    s3_secret: str = field(default="", repr=False)

    # The community's name as people read it.
    site_name: str = "Alongside Chronic Pain"
    # Who runs it: printed in the policies and on the about page.
    operator_name: str = ""
    operator_address: str = ""
    operator_contact: str = ""
    operator_country: str = ""
    # For how many days the operator keeps backups at most, as the privacy policy says.
    backup_days: int = 30
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


def _require(holds: object, sentence: str) -> None:
    """Raise SettingsError with a sentence that begins with the setting's name, unless it holds."""
    if not holds:
        raise SettingsError(f"{PREFIX}{sentence}")


def _check(settings: Settings) -> None:
    """Refuse what is unsafe or contradictory, before anything listens."""
    real = settings.mode is Mode.PRODUCTION
    scheme, host = settings.base_url.partition("://")[0], shapes.host_of(settings.base_url)
    plain = scheme in _DEFAULT_PORTS and settings.base_url == f"{scheme}://{host}"
    plain = plain and shapes.HOST_AND_PORT.fullmatch(host) is not None
    _require(plain, "BASE_URL must be like https://forum.example, without a path.")
    # What browsers say of where they are is compared with it to the letter.
    as_browsers_say = host == host.lower() and not host.endswith(f":{_DEFAULT_PORTS[scheme]}")
    _require(as_browsers_say, f"BASE_URL must be in small letters, without the port {scheme} has anyway.")
    _require(not real or settings.over_https, "BASE_URL must begin with https:// in production.")
    if not real:
        _check_stays_here(settings)
    trusted = [one.lower() for one in settings.trusted_hosts]
    _require(trusted, "TRUSTED_HOSTS must name at least one host.")
    whole = all(map(shapes.HOST_AND_PORT.fullmatch, trusted))
    _require(whole, "TRUSTED_HOSTS must be whole names of hosts, without wildcards.")
    _require(not real or host in trusted, f"TRUSTED_HOSTS must hold the host in {PREFIX}BASE_URL.")
    known = settings.database_url.startswith(("sqlite:///", "postgresql+psycopg://"))
    _require(known, "DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    kept = settings.database_url.removeprefix("sqlite:///") not in ("", ":memory:")
    _require(kept, "DATABASE_URL must name a file: what is only in memory is gone at the end.")
    _check_keys(settings)
    alone = settings.workers == 1 or not settings.on_sqlite
    _require(alone, "WORKERS above 1 needs PostgreSQL: SQLite serves one process.")
    _check_numbers(settings)
    # In every other mode, bind and base URL were found to be loopback addresses already.
    _require(not (real and settings.stand_in), f"STAND_IN can't be used with {PREFIX}MODE=production.")
    if not settings.stand_in:
        _check_providers(settings)
    if real:
        _check_secrets_differ(settings)
    if settings.passkeys:
        _check_passkeys(settings)
    _check_mail(settings)
    _check_s3(settings)
    _require(not (real and settings.pseudo_locales), f"PSEUDO_LOCALES is not for {PREFIX}MODE=production.")
    is_tag = shapes.LANGUAGE_TAG.fullmatch(settings.default_locale)
    _require(is_tag, "DEFAULT_LOCALE must be the tag of a language, like en or pt-BR.")
    for name in ("operator_name", "operator_contact"):
        given = getattr(settings, name) or not real
        _require(given, f"{name.upper()} is printed in the policies and must be set.")
    try:
        ZoneInfo(settings.time_zone)
    except (KeyError, ValueError, OSError):
        raise SettingsError(f"{PREFIX}TIME_ZONE must be the name of one, like Europe/Dublin.") from None


def _check_stays_here(settings: Settings) -> None:
    """Without production's guards, nobody but this machine may be served; the stand-in counts on that."""
    which = f"with {PREFIX}MODE={settings.mode.value}."
    _require(settings.bind in LOOPBACK_HOSTS, f"BIND must be a loopback address {which}")
    here = is_loopback(settings.base_url)
    _require(here, f"BASE_URL must be this machine's own loopback address {which}")


def _check_keys(settings: Settings) -> None:
    """Refuse keys that are too short, or that somebody typed instead of making them at random."""
    for name in ("SESSION_KEYS", "LEDGER_KEYS", "BAN_KEYS"):
        keys = [key.encode() for key in getattr(settings, name.lower())]
        long = keys and all(len(key) >= MINIMUM_KEY_BYTES for key in keys)
        _require(long, f"{name} needs keys of at least {MINIMUM_KEY_BYTES} bytes.")
        random = all(len(set(key)) >= MINIMUM_DISTINCT_BYTES for key in keys)
        _require(random, f"{name} must be random: one of them repeats a few characters.")
    _require(settings.cookie_keys, "COOKIE_KEYS needs at least one key.")
    for key in settings.cookie_keys:
        try:
            Fernet(key)
        except ValueError:
            raise SettingsError(f"{PREFIX}COOKIE_KEYS must be Fernet keys (32 bytes in base64).") from None
        random = len(set(base64.urlsafe_b64decode(key))) >= MINIMUM_DISTINCT_BYTES
        _require(random, "COOKIE_KEYS must be random: one of them repeats a few bytes.")


def _check_numbers(settings: Settings) -> None:
    """Refuse numbers with which nothing could be served, or not as the operator thinks."""
    limits = {"minimum_age": (13, 99), "port": (1, 65535), "smtp_port": (1, 65535), "threads": (1, 1000)}
    limits |= {"workers": (1, 1000), "proxy_hops": (0, 10), "backup_days": (1, 3650)}
    for name, (least, most) in limits.items():
        within = least <= getattr(settings, name) <= most
        _require(within, f"{name.upper()} must lie between {least} and {most}.")


def _check_providers(settings: Settings) -> None:
    """Without the flag for it no provider is the stand-in; a real forum's are elsewhere, and never in the clear."""
    for provider in settings.providers.values():
        name = provider.provider.upper()
        is_real = STAND_IN_ISSUERS not in provider.issuer.lower()
        _require(is_real, f"STAND_IN is off, yet {PREFIX}{name}_ISSUER is the stand-in's.")
        for what in ("issuer", *_PROVIDER_ADDRESSES):
            address, which = getattr(provider, what), f"{name}_{what.upper()}"
            if settings.mode is Mode.PRODUCTION and address is not None:
                safe = address.startswith("https://") and shapes.host_of(address)
                _require(safe, f"{which} must be a plain https:// address in production.")
                here = shapes.THIS_MACHINE.fullmatch(urlsplit(address).hostname or "")
                _require(not here, f"{which} must not lead to this machine in production.")


def _check_secrets_differ(settings: Settings) -> None:
    """What leaks in one place must not open another."""
    kinds = ("session_keys", "cookie_keys", "ledger_keys", "ban_keys")
    where = {name.upper(): getattr(settings, name) for name in kinds}
    where |= {f"{p.provider.upper()}_CLIENT_SECRET": (p.client_secret,) for p in settings.providers.values()}
    where |= {"SMTP_PASSWORD": (settings.smtp_password,), "S3_SECRET": (settings.s3_secret,)}
    for (name, ours), (other, theirs) in combinations(where.items(), 2):
        _require(not set(ours) & set(theirs) - {""}, f"{name} and {PREFIX}{other} must not be the same.")


def _check_passkeys(settings: Settings) -> None:
    """A passkey is tied to a host's name: browsers make none for an address of numbers (WebAuthn, section 5.1.2)."""
    host = urlsplit(settings.base_url).hostname or ""
    # A name's last part is never a number; a browser would take such a host for an address (URL Standard, 3.5).
    is_name = ":" not in host and not re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", host.rpartition(".")[2])
    _require(is_name, f"PASSKEYS needs a name as the host in {PREFIX}BASE_URL, like localhost.")
    _require(find_spec("webauthn"), 'PASSKEYS needs the extra "passkeys", which is not installed.')


def _check_mail(settings: Settings) -> None:
    """A mail server that is half set up would swallow what members are told."""
    host, security = settings.smtp_host, settings.smtp_security
    _require(security in ("starttls", "tls", "none"), "SMTP_SECURITY must be starttls, tls or none.")
    if host is None:
        _require(not (settings.smtp_user or settings.smtp_password or settings.mail_from), _MAIL_WITHOUT_HOST)
        return
    _require(shapes.HOST.fullmatch(host), "SMTP_HOST must be a name or an address, without a port.")
    whole = bool(settings.smtp_user) == bool(settings.smtp_password)
    missing = "SMTP_PASSWORD" if settings.smtp_user else "SMTP_USER"
    _require(whole, f"{missing} is not set, so mail is only half configured.")
    is_address = shapes.MAIL_ADDRESS.fullmatch(settings.mail_from)
    _require(is_address, f"MAIL_FROM must be an address like forum@example.org with {PREFIX}SMTP_HOST.")
    # What looks encoded already would be decoded, and could hold another header.
    plain = settings.mail_name.isprintable() and "=?" not in settings.mail_name
    _require(plain, "MAIL_NAME must be one line of plain words.")
    same = settings.mail_name.strip().casefold() == settings.site_name.strip().casefold()
    neutral = not (same and settings.mode is Mode.PRODUCTION)
    _require(
        neutral, f"MAIL_NAME must not be {PREFIX}SITE_NAME: it stands in inboxes, and can tell of illness."
    )
    safe = security != "none" or host in LOOPBACK_HOSTS
    _require(safe, "SMTP_SECURITY=none is for a mail server on this machine alone.")


def _check_s3(settings: Settings) -> None:
    """A place for pictures that is half set up would lose them, and one in the clear would show them."""
    parts = ("endpoint", "bucket", "region", "key_id", "secret")
    missing = [part for part in parts if not getattr(settings, f"s3_{part}")]
    if len(missing) == len(parts):
        return
    _require(not missing, f"S3_{''.join(missing[:1]).upper()} is not set, so S3 is only half configured.")
    endpoint = settings.s3_endpoint
    safe = endpoint.startswith("https://") or (endpoint.startswith("http://") and is_loopback(endpoint))
    plain = safe and shapes.host_of(endpoint) and not re.search(r"[?#\s]", endpoint)
    _require(plain, "S3_ENDPOINT must be like https://s3.example.org; without https only on this machine.")
    _require(shapes.S3_BUCKET.fullmatch(settings.s3_bucket), "S3_BUCKET must be the name of a bucket alone.")
    _require(find_spec("obstore"), 'S3_BUCKET needs the extra "s3", which is not installed.')


class _Reader:
    """Take variables one by one, so that what nobody took can be named as unknown."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.given = {k[len(PREFIX) :]: v for k, v in environ.items() if k.startswith(PREFIX)}
        # Flask reads this one by itself; its debugger lets whoever sees an error page run code.
        self.debug = environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.given.pop(name, "").strip() or default
        if value is None:
            raise SettingsError(f"{PREFIX}{name} is not set.")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        _require(value.isascii() and value.isdigit() and len(value) < 10, f"{name} must be a whole number.")
        return int(value)

    def several(self, name: str, default: str | None = None) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text(name, default).split(",") if part.strip())

    def switch(self, name: str, default: bool) -> bool:
        value = self.text(name, "yes" if default else "no").lower()
        _require(value in ("yes", "no"), f"{name} must be yes or no.")
        return value == "yes"

    def those_with_defaults(self) -> dict[str, Any]:
        """Take every setting whose default is a text, a number or a switch, and so says how to read it."""
        readers: dict[type, Callable[..., object]] = {str: self.text, int: self.number, bool: self.switch}
        return {
            one.name: readers[type(one.default)](one.name.upper(), one.default)
            for one in fields(Settings)
            if type(one.default) in readers
        }

    def is_emptied(self, name: str) -> bool:
        """Say whether it was given without a value, which is more than not to give it."""
        return not self.given.get(name, "not given").strip()

    def mentions(self, *beginnings: str) -> bool:
        return any(name.startswith(beginnings) and value.strip() for name, value in self.given.items())

    def provider(self, name: str, issuer: str, **published: str) -> ProviderSettings | None:
        upper = name.upper()
        mentioned = self.mentions(f"{upper}_")
        client_id = self.text(f"{upper}_CLIENT_ID", "")
        client_secret = self.text(f"{upper}_CLIENT_SECRET", "")
        own_issuer = self.text(f"{upper}_ISSUER", issuer)
        addresses = {
            what: self.text(f"{upper}_{what.upper()}", published.get(what, "")) or None
            for what in _PROVIDER_ADDRESSES
        }
        if not mentioned:
            return None
        missing = "CLIENT_SECRET" if client_id else "CLIENT_ID"
        whole = client_id and client_secret
        _require(whole, f"{upper}_{missing} is not set, so {name} is only half configured.")
        return ProviderSettings(
            provider=name, client_id=client_id, client_secret=client_secret, issuer=own_issuer, **addresses
        )

    def settings(self) -> Settings:
        mode = self.text("MODE", Mode.PRODUCTION.value)
        _require(mode in set(Mode), f"MODE must be one of {', '.join(Mode)}.")
        smtp_host = self.text("SMTP_HOST", "") or None
        _require(smtp_host or not self.mentions("SMTP_", "MAIL_"), _MAIL_WITHOUT_HOST)
        base_url = self.text("BASE_URL").rstrip("/")
        data_folder = Path(self.text("DATA_FOLDER")).expanduser().resolve()
        google, no_events = "https://accounts.google.com", self.is_emptied("GOOGLE_SECURITY_EVENTS_URL")
        made = Settings(
            mode=Mode(mode),
            base_url=base_url,
            trusted_hosts=self.several("TRUSTED_HOSTS", shapes.host_of(base_url)),
            database_url=self.text("DATABASE_URL", f"sqlite:///{data_folder / 'alongside.sqlite3'}"),
            data_folder=data_folder,
            session_keys=self.several("SESSION_KEYS"),
            cookie_keys=self.several("COOKIE_KEYS"),
            ledger_keys=self.several("LEDGER_KEYS"),
            ban_keys=self.several("BAN_KEYS"),
            google=self.provider(
                "google",
                google,
                metadata_url=f"{google}/.well-known/openid-configuration",
                security_events_url="" if no_events else f"{google}/.well-known/risc-configuration",
            ),
            facebook=self.provider("facebook", "https://www.facebook.com"),
            smtp_host=smtp_host,
            **self.those_with_defaults(),
        )
        _require(not self.given, f"{min(self.given, default='')} is not a setting of this forum.")
        if self.debug and made.mode is Mode.PRODUCTION:
            raise SettingsError("FLASK_DEBUG must not be set in production.")
        return made
