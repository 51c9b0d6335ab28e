"""Settings that contradict or half make each other: every combination, and each refusal names its setting.

What is missing or malformed by itself stands in ``test_settings``.
"""

import itertools
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from config import Mode, ProviderSettings, Settings, SettingsError
from tests.config.test_settings import (
    COOKIE_KEY,
    KEY,
    OTHER_SECRET,
    SECRET,
    Environ,
    facebook,
    google,
    in_mode,
    production,
    refused,
)

PASSWORD = "a mail password that nobody may see"


@pytest.fixture
def environ(tmp_path: Path) -> Environ:
    """Return the least that a real forum needs."""
    return production(tmp_path)


# --- mail ------------------------------------------------------------------------------------------------

MAIL = {
    "SMTP_HOST": ("", "mail.example", "127.0.0.1"),
    "SMTP_USER": ("", "letters"),
    "SMTP_PASSWORD": ("", PASSWORD),
    "MAIL_FROM": ("", "letters@forum.example", "letters"),
    "SMTP_SECURITY": ("", "starttls", "tls", "none", "ssl"),
    "SMTP_PORT": ("", "465"),
    "MAIL_NAME": ("", "Our circle"),
}


def wrong_with_mail(mail: dict[str, str]) -> set[str]:
    """Return the settings of which one must be named, or nothing where mail is whole or not there at all."""
    if not any(mail.values()):
        return set()
    if not mail["SMTP_HOST"]:
        return {"SMTP_HOST"}
    is_remote = mail["SMTP_HOST"] != "127.0.0.1"
    return {
        name
        for name, is_wrong in (
            ("SMTP_USER", mail["SMTP_PASSWORD"] and not mail["SMTP_USER"]),
            ("SMTP_PASSWORD", mail["SMTP_USER"] and not mail["SMTP_PASSWORD"]),
            ("MAIL_FROM", mail["MAIL_FROM"] != "letters@forum.example"),
            ("SMTP_SECURITY", mail["SMTP_SECURITY"] == "ssl"),
            ("SMTP_SECURITY", mail["SMTP_SECURITY"] == "none" and is_remote),
        )
        if is_wrong
    }


@pytest.mark.proves("W16")
@pytest.mark.parametrize("mode", list(Mode))
def test_mail_is_whole_or_not_there(environ: Environ, mode: Mode) -> None:
    environ |= {} if mode is Mode.PRODUCTION else in_mode(mode.value)
    accepted = 0
    for values in itertools.product(*MAIL.values()):
        mail = dict(zip(MAIL, values, strict=True))
        given = environ | {f"ALONGSIDE_{name}": value for name, value in mail.items()}
        if wrong := wrong_with_mail(mail):
            sentence = refused(given)
            assert sentence.removeprefix("ALONGSIDE_").startswith(tuple(wrong)), (sentence, wrong)
            assert PASSWORD not in sentence
        else:
            accepted += 1
            settings = Settings.from_environ(given)
            assert settings.smtp_host == (mail["SMTP_HOST"] or None)
            assert settings.smtp_security == (mail["SMTP_SECURITY"] or "starttls")
            assert settings.mail_name == (mail["MAIL_NAME"] or "Alongside")
            assert PASSWORD not in repr(settings)
    # Nothing at all; then two ways to log in, ports and names each, with three securities to afar and four here.
    assert accepted == 1 + 2 * 2 * 2 * (3 + 4)


@pytest.mark.proves("W16")
@pytest.mark.parametrize("name", ["Living With Migraine", "living with MIGRAINE", " Living with migraine "])
def test_letters_do_not_come_in_the_name_of_the_site(environ: Environ, name: str) -> None:
    """It can name an illness, and whoever sees somebody's inbox sees who wrote."""
    mail = {"ALONGSIDE_SMTP_HOST": "mail.example", "ALONGSIDE_MAIL_FROM": "letters@forum.example"}
    given = environ | mail | {"ALONGSIDE_SITE_NAME": "Living with Migraine", "ALONGSIDE_MAIL_NAME": name}
    assert refused(given).startswith("ALONGSIDE_MAIL_NAME ")
    assert refused(environ | mail | {"ALONGSIDE_SITE_NAME": "Alongside"}).startswith("ALONGSIDE_MAIL_NAME ")
    # Where nobody's inbox is reached it is no matter.
    assert Settings.from_environ(environ | {"ALONGSIDE_SITE_NAME": "Alongside"}).mail_name == "Alongside"
    assert Settings.from_environ(given | in_mode("demo")).mail_name == name.strip()


@pytest.mark.proves("W16")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_HOST", "mail.example:25"),
        ("SMTP_HOST", "smtp://mail.example"),
        ("SMTP_HOST", "letters@mail.example"),
        ("SMTP_HOST", "mail example"),
        ("SMTP_HOST", "mail..example"),
        ("SMTP_HOST", "-mail.example"),
        ("SMTP_PORT", "0"),
        ("SMTP_PORT", "65536"),
        ("SMTP_PORT", "smtp"),
        ("SMTP_SECURITY", "STARTTLS"),
        ("SMTP_SECURITY", "no"),
        ("MAIL_FROM", "Alongside <letters@forum.example>"),
        ("MAIL_FROM", "letters@forum.example, others@forum.example"),
        ("MAIL_FROM", "letters@forum..example"),
        ("MAIL_FROM", ".letters@forum.example"),
        ("MAIL_FROM", "letters@"),
        ("MAIL_FROM", "letters@forum.example\r\nBcc: x@y.example"),
        ("MAIL_NAME", "Our\r\nBcc: x@y.example"),
        ("MAIL_NAME", "Our\x00circle"),
        # The standard library would decode it, line break and all.
        ("MAIL_NAME", "=?utf-8?q?=0D=0ABcc:_x@y.example?="),
    ],
)
def test_what_is_malformed_about_mail_is_named(environ: Environ, name: str, value: str) -> None:
    whole = {"SMTP_HOST": "mail.example", "MAIL_FROM": "letters@forum.example"}
    given = environ | {f"ALONGSIDE_{key}": one for key, one in (whole | {name: value}).items()}
    assert refused(given).startswith(f"ALONGSIDE_{name} ")


@pytest.mark.parametrize("host", ["mail.example", "mail", "192.0.2.1", "2001:db8::1", "::1", "localhost"])
def test_a_mail_server_has_a_name_or_an_address(environ: Environ, host: str) -> None:
    given = {"ALONGSIDE_SMTP_HOST": host, "ALONGSIDE_MAIL_FROM": "letters@forum.example"}
    assert Settings.from_environ(environ | given).smtp_host == host


def test_mail_that_is_set_directly_is_checked_no_less(environ: Environ) -> None:
    settings = Settings.from_environ(environ)
    for half in (
        {"smtp_user": "letters"},
        {"smtp_password": PASSWORD},
        {"mail_from": "letters@forum.example"},
        {"smtp_host": "mail.example"},
    ):
        with pytest.raises(SettingsError, match=r"SMTP_HOST|MAIL_FROM"):
            replace(settings, **half)  # type: ignore[arg-type]  # Each is a text.


# --- passkeys --------------------------------------------------------------------------------------------


@pytest.mark.proves("W16")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("host", "is_name"),
    [
        ("forum.example", True),
        ("forum.example:8443", True),
        ("localhost", True),
        ("localhost:8000", True),
        ("1.forum.example", True),
        ("127.0.0.1", False),
        ("127.0.0.1:8000", False),
        ("192.0.2.1", False),
        ("[::1]", False),
        ("[::1]:8000", False),
        ("[2001:db8::1]", False),
        # What browsers take for numbers, too.
        ("2130706433", False),
        ("0x7f000001", False),
        ("127.0.0.0x1", False),
    ],
)
def test_passkeys_need_a_name_for_a_host(environ: Environ, mode: Mode, host: str, is_name: bool) -> None:
    on = "ALONGSIDE_PASSKEYS"
    given = environ | {"ALONGSIDE_MODE": mode.value, "ALONGSIDE_BASE_URL": f"https://{host}"}
    if mode is not Mode.PRODUCTION and host.rpartition(":")[0] not in HERE and host not in HERE:
        # Nobody but this machine is served, with passkeys or without.
        assert refused(given | {on: "yes"}).startswith("ALONGSIDE_BASE_URL ")
        return
    assert not Settings.from_environ(given | {on: "no"}).passkeys
    if is_name:
        assert Settings.from_environ(given | {on: "yes"}).passkeys
    else:
        assert refused(given | {on: "yes"}).startswith(f"{on} ")


HERE = ("localhost", "127.0.0.1", "[::1]")


@pytest.mark.proves("W16")
def test_passkeys_need_the_extra(environ: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    """None in the table of modules is Python's own way to say that one can't be had."""
    monkeypatch.setitem(sys.modules, "webauthn", None)
    given = environ | {"ALONGSIDE_PASSKEYS": "yes"}
    sentence = refused(given)
    assert sentence.startswith("ALONGSIDE_PASSKEYS ")
    assert '"passkeys"' in sentence
    assert not Settings.from_environ(environ).passkeys


# --- providers -------------------------------------------------------------------------------------------

ADDRESSES = (
    "METADATA_URL",
    "SECURITY_EVENTS_URL",
    "AUTHORIZE_URL",
    "TOKEN_URL",
    "PROFILE_URL",
    "DEBUG_TOKEN_URL",
)


@pytest.mark.proves("W16")
@pytest.mark.parametrize("provider", ["GOOGLE", "FACEBOOK"])
@pytest.mark.parametrize("name", ["ISSUER", *ADDRESSES])
def test_a_provider_is_whole_or_not_there(environ: Environ, provider: str, name: str) -> None:
    for client_id, client_secret, other in itertools.product(
        ("", "an id"), ("", SECRET), ("", "https://elsewhere.example/x")
    ):
        given = environ | {
            f"ALONGSIDE_{provider}_CLIENT_ID": client_id,
            f"ALONGSIDE_{provider}_CLIENT_SECRET": client_secret,
            f"ALONGSIDE_{provider}_{name}": other,
        }
        if client_id and client_secret:
            found = Settings.from_environ(given).providers[provider.lower()]
            assert other in ("", getattr(found, name.lower()))
        elif client_id or client_secret or other:
            missing = "CLIENT_SECRET" if client_id else "CLIENT_ID"
            assert refused(given).startswith(f"ALONGSIDE_{provider}_{missing} ")
        else:
            assert Settings.from_environ(given).providers == {}


@pytest.mark.proves("W16")
@pytest.mark.parametrize("provider", ["GOOGLE", "FACEBOOK"])
@pytest.mark.parametrize("name", ["ISSUER", *ADDRESSES])
@pytest.mark.parametrize(
    "address",
    [
        # In the clear, or no address at all.
        "http://elsewhere.example/x",
        "http://127.0.0.1:9000/x",
        "ftp://elsewhere.example/x",
        "elsewhere.example",
        "https://",
        "https://someone@elsewhere.example/x",
        # On this machine, where the stand-in is.
        "https://localhost/x",
        "https://localhost./x",
        "https://LOCALHOST/x",
        "https://google.localhost:9000/x",
        "https://127.0.0.1:9000/x",
        "https://127.1.2.3/x",
        "https://127.1/x",
        "https://0.0.0.0/x",
        "https://0/x",
        "https://[::1]:9000/x",
        "https://[::]/x",
        "https://[::ffff:127.0.0.1]/x",
    ],
)
def test_a_real_forums_providers_are_elsewhere_and_never_in_the_clear(
    environ: Environ, provider: str, name: str, address: str
) -> None:
    whole = google() if provider == "GOOGLE" else facebook()
    variable = f"ALONGSIDE_{provider}_{name}"
    assert refused(environ | whole | {variable: address}).startswith(f"{variable} ")


@pytest.mark.parametrize("provider", ["GOOGLE", "FACEBOOK"])
@pytest.mark.parametrize("name", ["ISSUER", *ADDRESSES])
def test_a_provider_on_this_machine_is_for_trying_things_out(
    environ: Environ, provider: str, name: str
) -> None:
    whole = google() if provider == "GOOGLE" else facebook()
    given = environ | in_mode("test") | whole
    found = Settings.from_environ(given | {f"ALONGSIDE_{provider}_{name}": "http://127.0.0.1:9000/x"})
    assert getattr(found.providers[provider.lower()], name.lower()) == "http://127.0.0.1:9000/x"


@pytest.mark.proves("P3")
@pytest.mark.parametrize("host", ["google.stand-in.invalid", "GOOGLE.Stand-In.Invalid"])
def test_the_stand_in_is_known_however_it_is_written(environ: Environ, host: str) -> None:
    sentence = refused(environ | google(ISSUER=f"https://{host}"))
    assert sentence.startswith("ALONGSIDE_STAND_IN is off")


# --- secrets ---------------------------------------------------------------------------------------------

SECRETS = (
    "ALONGSIDE_SESSION_KEYS",
    "ALONGSIDE_COOKIE_KEYS",
    "ALONGSIDE_GOOGLE_CLIENT_SECRET",
    "ALONGSIDE_FACEBOOK_CLIENT_SECRET",
    "ALONGSIDE_SMTP_PASSWORD",
)


@pytest.mark.proves("W16")
@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(SECRETS, 2)))
def test_no_secret_serves_twice(environ: Environ, one: str, other: str) -> None:
    """A cookie key is as good as any for all of them, so that nothing else is wrong."""
    whole = environ | google() | facebook()
    whole |= {
        "ALONGSIDE_SMTP_HOST": "mail.example",
        "ALONGSIDE_MAIL_FROM": "letters@forum.example",
        "ALONGSIDE_SMTP_USER": "letters",
        "ALONGSIDE_SMTP_PASSWORD": PASSWORD,
    }
    Settings.from_environ(whole)
    sentence = refused(whole | {one: COOKIE_KEY, other: COOKIE_KEY, **changed(one, other)})
    assert {name for name in SECRETS if name in sentence} == {one, other}
    for secret in (KEY, COOKIE_KEY, SECRET, OTHER_SECRET, PASSWORD):
        assert secret not in sentence


def changed(one: str, other: str) -> Environ:
    """Return another cookie key where the usual one is made to serve elsewhere."""
    mine = "ALONGSIDE_COOKIE_KEYS"
    return {} if mine in (one, other) else {mine: COOKIE_KEY[::-1].replace("=", "") + "="}


@pytest.mark.proves("W16")
def test_an_older_key_does_not_serve_twice_either(environ: Environ) -> None:
    given = environ | {"ALONGSIDE_SESSION_KEYS": f"{KEY},{COOKIE_KEY}"}
    assert refused(given).startswith("ALONGSIDE_SESSION_KEYS and ALONGSIDE_COOKIE_KEYS ")


def test_where_nobody_real_is_secrets_may_be_alike(environ: Environ) -> None:
    given = environ | in_mode("demo") | {"ALONGSIDE_SESSION_KEYS": COOKIE_KEY}
    assert Settings.from_environ(given).mode is Mode.DEMO


# --- hosts -----------------------------------------------------------------------------------------------


@pytest.mark.proves("W16")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("host", ["*", "*.example", ".example", ".", "", "forum.example/x", "a b"])
def test_hosts_are_trusted_by_their_whole_names(environ: Environ, mode: Mode, host: str) -> None:
    settings = Settings.from_environ(environ | ({} if mode is Mode.PRODUCTION else in_mode(mode.value)))
    with pytest.raises(SettingsError, match=r"^ALONGSIDE_TRUSTED_HOSTS "):
        replace(settings, trusted_hosts=(*settings.trusted_hosts, host))


def test_a_trusted_host_is_the_same_in_capitals(environ: Environ) -> None:
    given = environ | {"ALONGSIDE_TRUSTED_HOSTS": "Forum.Example"}
    assert Settings.from_environ(given).trusted_hosts == ("Forum.Example",)


@pytest.mark.proves("W16")
@pytest.mark.parametrize(
    ("base_url", "is_what_browsers_say"),
    [
        ("https://forum.example", True),
        ("https://forum.example:8443", True),
        ("https://forum.example:80", True),
        ("https://forum.example:4430", True),
        ("https://[2001:db8::443]", True),
        ("https://Forum.example", False),
        ("https://forum.Example:8443", False),
        ("https://forum.example:443", False),
        ("https://forum.example:0443", False),
        ("https://forum.example:08443", False),
        ("https://forum.example:", False),
        ("https://[2001:DB8::1]", False),
        ("https://[2001:db8::1]:443", False),
        ("HTTPS://forum.example", False),
    ],
)
def test_the_base_url_is_written_as_browsers_name_an_origin(
    environ: Environ, base_url: str, is_what_browsers_say: bool
) -> None:
    """A passkey, and a form from an open page, say where they come from: it would never be the same."""
    given = environ | {"ALONGSIDE_BASE_URL": base_url}
    if is_what_browsers_say:
        assert Settings.from_environ(given).base_url == base_url
    else:
        # Also where the host that is trusted is the right one.
        given |= {"ALONGSIDE_TRUSTED_HOSTS": "forum.example,forum.example:443,[2001:db8::1]"}
        assert refused(given).startswith("ALONGSIDE_BASE_URL ")


def test_on_this_machine_it_is_no_different(environ: Environ) -> None:
    environ["ALONGSIDE_MODE"] = "demo"
    for right in (
        "http://localhost",
        "http://localhost:443",
        "https://localhost:80",
        "http://127.0.0.1:8000",
    ):
        assert Settings.from_environ(environ | {"ALONGSIDE_BASE_URL": right}).base_url == right
    for wrong in ("http://Localhost", "http://localhost:80", "https://localhost:443"):
        assert refused(environ | {"ALONGSIDE_BASE_URL": wrong}).startswith("ALONGSIDE_BASE_URL ")


def test_a_provider_set_directly_is_checked_no_less(environ: Environ) -> None:
    settings = Settings.from_environ(environ)
    here = ProviderSettings(
        provider="google",
        client_id="x",
        client_secret="x",
        issuer="https://accounts.google.com",
        security_events_url="https://127.0.0.1:9000/x",
    )
    with pytest.raises(SettingsError, match=r"^ALONGSIDE_GOOGLE_SECURITY_EVENTS_URL "):
        replace(settings, google=here)
