"""Settings from the environment: what is missing, malformed or contradictory stops the start, and is named."""

import base64
import itertools
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

import config
from config import Mode, ProviderSettings, Settings, SettingsError

KEY = "a session key that is long enough!"
# The same in every process, because it becomes part of a test's name.
COOKIE_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
SECRET = "a client secret that nobody may see"
OTHER_SECRET = "another client secret, as little to be seen"

ALL_INTERFACES = "0.0.0.0"  # noqa: S104 - what nothing here listens on, and some settings are refused with.

Environ = dict[str, str]


def production(folder: Path) -> Environ:
    """Return the least that a real forum needs."""
    return {
        "ALONGSIDE_BASE_URL": "https://forum.example",
        "ALONGSIDE_DATA_FOLDER": str(folder),
        "ALONGSIDE_SESSION_KEYS": KEY,
        "ALONGSIDE_COOKIE_KEYS": COOKIE_KEY,
        "ALONGSIDE_LEDGER_KEYS": "a ledger key that serves these tests alone",
        "ALONGSIDE_BAN_KEYS": "a key for bans that serves these tests alone",
        "ALONGSIDE_OPERATOR_NAME": "The Community",
        "ALONGSIDE_OPERATOR_CONTACT": "care@forum.example",
    }


def in_mode(mode: str) -> Environ:
    """Return what makes it an installation of another kind, which serves this machine alone."""
    return {"ALONGSIDE_MODE": mode, "ALONGSIDE_BASE_URL": "http://127.0.0.1:8000"}


def google(**other: str) -> Environ:
    given = {"CLIENT_ID": "an id", "CLIENT_SECRET": SECRET, **other}
    return {f"ALONGSIDE_GOOGLE_{name}": value for name, value in given.items()}


def facebook(**other: str) -> Environ:
    given = {"CLIENT_ID": "an id", "CLIENT_SECRET": OTHER_SECRET, **other}
    return {f"ALONGSIDE_FACEBOOK_{name}": value for name, value in given.items()}


@pytest.fixture
def environ(tmp_path: Path) -> Environ:
    """Return the least that a real forum needs."""
    return production(tmp_path)


def refused(environ: Environ) -> str:
    """Return the sentence with which the settings are refused."""
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(environ)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    for secret in (KEY, COOKIE_KEY, SECRET, OTHER_SECRET):
        assert secret not in sentence
    return sentence


# --- what is enough --------------------------------------------------------------------------------------


def test_the_least_is_enough_and_the_rest_is_safe(environ: Environ, tmp_path: Path) -> None:
    settings = Settings.from_environ(environ)
    assert settings.mode is Mode.PRODUCTION
    assert settings.trusted_hosts == ("forum.example",)
    assert settings.database_url == f"sqlite:///{tmp_path / 'alongside.sqlite3'}"
    assert settings.providers == {}
    assert (settings.stand_in, settings.proxy_hops, settings.workers, settings.minimum_age) == (
        False,
        0,
        1,
        18,
    )
    assert settings.bind == "127.0.0.1"
    assert settings.over_https
    assert settings.on_sqlite


def test_everything_can_be_set(environ: Environ) -> None:
    settings = Settings.from_environ(
        {
            **environ,
            **google(),
            **facebook(AUTHORIZE_URL="https://f.example/dialog"),
            "ALONGSIDE_BASE_URL": "https://forum.example:8443/",
            "ALONGSIDE_TRUSTED_HOSTS": "forum.example:8443, other.example ,",
            "ALONGSIDE_DATABASE_URL": "postgresql+psycopg://someone:secret@db/forum",
            "ALONGSIDE_SESSION_KEYS": f"{KEY},{KEY} older",
            "ALONGSIDE_WORKERS": "4",
            "ALONGSIDE_PROXY_HOPS": "1",
            "ALONGSIDE_BIND": ALL_INTERFACES,
            "ALONGSIDE_TIME_ZONE": "Europe/Dublin",
            "ALONGSIDE_MINIMUM_AGE": " 21 ",
            "ALONGSIDE_STAND_IN": "No",
            "ALONGSIDE_DEFAULT_LOCALE": "pt-BR",
            "PATH": "/bin",
        }
    )
    assert settings.base_url == "https://forum.example:8443"
    assert settings.trusted_hosts == ("forum.example:8443", "other.example")
    assert settings.session_keys == (KEY, f"{KEY} older")
    assert list(settings.providers) == ["google", "facebook"]
    assert settings.minimum_age == 21
    assert (settings.default_locale, settings.pseudo_locales) == ("pt-BR", False)
    assert not settings.on_sqlite
    assert settings.google is not None
    assert settings.google.issuer == "https://accounts.google.com"
    assert settings.google.metadata_url == "https://accounts.google.com/.well-known/openid-configuration"
    assert settings.facebook is not None
    assert settings.facebook.authorize_url == "https://f.example/dialog"
    assert settings.facebook.token_url is None


def test_without_a_mapping_the_process_environment_is_read(
    environ: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environ().base_url == "https://forum.example"


def test_settings_do_not_change(environ: Environ) -> None:
    settings = Settings.from_environ(environ)
    with pytest.raises(FrozenInstanceError):
        settings.proxy_hops = 3  # type: ignore[misc]  # That it can't be is what is tested.


# --- what is missing or unknown --------------------------------------------------------------------------


@pytest.mark.proves("W16")
@pytest.mark.parametrize("name", sorted(production(Path("/"))))
@pytest.mark.parametrize("left", [None, "", "  "])
def test_what_is_missing_is_named(environ: Environ, name: str, left: str | None) -> None:
    del environ[name]
    if left is not None:
        environ[name] = left
    assert name in refused(environ)


@pytest.mark.parametrize("name", ["OPERATOR_NAME", "OPERATOR_CONTACT"])
def test_only_real_people_need_to_know_who_answers(environ: Environ, name: str) -> None:
    del environ[f"ALONGSIDE_{name}"]
    assert Settings.from_environ({**environ, **in_mode("demo")}).mode is Mode.DEMO


@pytest.mark.parametrize("name", ["SESSION_KEY", "BASEURL", "X", "", "base_url"])
def test_what_is_unknown_is_named(environ: Environ, name: str) -> None:
    sentence = refused({**environ, f"ALONGSIDE_{name}": SECRET})
    assert f"ALONGSIDE_{name} " in sentence


# --- what is malformed -----------------------------------------------------------------------------------


@pytest.mark.proves("W16")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "prod"),
        ("MODE", "PRODUCTION"),
        ("BASE_URL", "forum.example"),
        ("BASE_URL", "//forum.example"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://forum.example/forum"),
        ("BASE_URL", "https://forum.example?x"),
        ("BASE_URL", "https://forum.example#x"),
        ("BASE_URL", "https://someone@forum.example"),
        ("BASE_URL", "https://forum.example:port"),
        ("BASE_URL", "https://forum.example:99999"),
        ("BASE_URL", "https://[::1"),
        ("BASE_URL", "ftp://forum.example"),
        ("BASE_URL", "javascript://forum.example"),
        ("BASE_URL", "https://*.forum.example"),
        ("BASE_URL", "https://forum example"),
        ("BASE_URL", "https://.example"),
        ("BASE_URL", "https://forum..example"),
        ("BASE_URL", "http://forum.example"),
        ("BASE_URL", "http://localhost:8000"),
        ("TRUSTED_HOSTS", ","),
        ("TRUSTED_HOSTS", "*"),
        ("TRUSTED_HOSTS", "forum.example,*"),
        ("TRUSTED_HOSTS", "forum.example,*.example"),
        # To the framework below, a dot in front means every name that ends like this.
        ("TRUSTED_HOSTS", "forum.example,.example"),
        ("TRUSTED_HOSTS", "forum.example,https://other.example"),
        ("TRUSTED_HOSTS", "forum.example,other.example/"),
        # Nobody would get an answer at the forum's own address.
        ("TRUSTED_HOSTS", "other.example"),
        ("TRUSTED_HOSTS", "forum.example:8443"),
        ("DATABASE_URL", "postgresql://db/forum"),
        ("DATABASE_URL", "mysql://db/forum"),
        ("DATABASE_URL", "forum.sqlite3"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("SESSION_KEYS", "too short"),
        ("SESSION_KEYS", f"{KEY},too short"),
        ("SESSION_KEYS", ","),
        ("SESSION_KEYS", "x" * 32),
        ("SESSION_KEYS", f"{KEY},{'secret123' * 5}"),
        ("COOKIE_KEYS", KEY),
        ("COOKIE_KEYS", "é" * 44),
        ("COOKIE_KEYS", f"{COOKIE_KEY},x"),
        ("COOKIE_KEYS", COOKIE_KEY[:-4]),
        ("COOKIE_KEYS", ","),
        ("COOKIE_KEYS", base64.urlsafe_b64encode(bytes(32)).decode()),
        ("COOKIE_KEYS", f"{COOKIE_KEY},{base64.urlsafe_b64encode(b'changeit' * 4).decode()}"),
        ("STAND_IN", "maybe"),
        ("STAND_IN", "1"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "²"),
        ("PORT", "1" * 5000),
        ("THREADS", "0"),
        ("WORKERS", "0"),
        ("WORKERS", "2"),
        ("PROXY_HOPS", "-1"),
        ("PROXY_HOPS", "1.5"),
        ("MINIMUM_AGE", "12"),
        ("MINIMUM_AGE", "100"),
        ("TIME_ZONE", "Mars/Phobos"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("TIME_ZONE", "/etc/localtime"),
        ("DEFAULT_LOCALE", "en_GB"),
        ("DEFAULT_LOCALE", "../../etc"),
        ("DEFAULT_LOCALE", "English, please"),
        ("PSEUDO_LOCALES", "maybe"),
        # The made-up languages are for those who build the forum.
        ("PSEUDO_LOCALES", "yes"),
        ("TIME_ZONE", "Europe"),
    ],
)
def test_what_is_malformed_is_named(environ: Environ, name: str, value: str) -> None:
    assert f"ALONGSIDE_{name} " in refused({**environ, f"ALONGSIDE_{name}": value})


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_on_this_machine_plain_http_is_enough(environ: Environ, mode: str) -> None:
    environ["ALONGSIDE_MODE"] = mode
    for host in ("localhost", "127.0.0.1:8000", "[::1]:8000"):
        settings = Settings.from_environ({**environ, "ALONGSIDE_BASE_URL": f"http://{host}"})
        assert not settings.over_https
        assert settings.trusted_hosts == (host,)


@pytest.mark.proves("W16")
@pytest.mark.parametrize("value", ["1", "true", "yes", "on"])
def test_the_debugger_stays_off_where_real_people_are(environ: Environ, value: str) -> None:
    assert "FLASK_DEBUG " in refused({**environ, "FLASK_DEBUG": value})
    Settings.from_environ({**environ, "FLASK_DEBUG": value, **in_mode("demo")})
    for off in ("0", "false", "no", ""):
        Settings.from_environ({**environ, "FLASK_DEBUG": off})


# --- providers -------------------------------------------------------------------------------------------


@pytest.mark.proves("W16")
@pytest.mark.parametrize("provider", ["google", "facebook"])
@pytest.mark.parametrize("missing", ["CLIENT_ID", "CLIENT_SECRET"])
@pytest.mark.parametrize("mode", list(Mode))
def test_a_half_configured_provider_is_named(
    environ: Environ, provider: str, missing: str, mode: Mode
) -> None:
    whole = google() if provider == "google" else facebook()
    name = f"ALONGSIDE_{provider.upper()}_{missing}"
    kind = {} if mode is Mode.PRODUCTION else in_mode(mode.value)
    sentence = refused({**environ, **kind, **whole, name: ""})
    assert name in sentence
    assert provider in sentence


@pytest.mark.proves("W16")
@pytest.mark.parametrize("name", ["ISSUER", "METADATA_URL", "AUTHORIZE_URL", "TOKEN_URL", "PROFILE_URL"])
def test_a_provider_that_is_only_spoken_of_is_half_configured(environ: Environ, name: str) -> None:
    environ[f"ALONGSIDE_GOOGLE_{name}"] = "https://accounts.google.com"
    assert "ALONGSIDE_GOOGLE_CLIENT_ID" in refused(environ)


def test_googles_security_events_are_taken_unless_their_address_is_emptied(environ: Environ) -> None:
    """Not to say it is not the same as to say that there is none."""
    taken = Settings.from_environ({**environ, **google()}).google
    assert taken is not None
    assert taken.security_events_url == "https://accounts.google.com/.well-known/risc-configuration"
    for emptied in ("", "  "):
        off = Settings.from_environ({**environ, **google(SECURITY_EVENTS_URL=emptied)}).google
        assert off is not None
        assert off.security_events_url is None
        assert off.metadata_url == taken.metadata_url
        # It alone says nothing of Google.
        alone = {**environ, "ALONGSIDE_GOOGLE_SECURITY_EVENTS_URL": emptied}
        assert Settings.from_environ(alone).google is None
    assert Settings.from_environ({**environ, **google(METADATA_URL="")}).google == taken


@pytest.mark.proves("W16")
@pytest.mark.parametrize(
    "name", ["METADATA_URL", "AUTHORIZE_URL", "TOKEN_URL", "PROFILE_URL", "DEBUG_TOKEN_URL"]
)
def test_a_real_provider_is_not_reached_in_the_clear(environ: Environ, name: str) -> None:
    given = {**environ, **google(), f"ALONGSIDE_GOOGLE_{name}": "http://127.0.0.1:9000/x"}
    assert f"ALONGSIDE_GOOGLE_{name} " in refused(given)


# --- the stand-in ----------------------------------------------------------------------------------------


HERE = {"localhost", "127.0.0.1", "::1"}


@pytest.mark.proves("P3")
@pytest.mark.proves("W16")
@pytest.mark.parametrize("stand_in", ["yes", "no"])
@pytest.mark.parametrize(
    ("mode", "bind", "base_url"),
    list(
        itertools.product(
            [*Mode],
            ["127.0.0.1", "localhost", "::1", ALL_INTERFACES, "::", "192.0.2.1", "forum.example"],
            [
                "http://localhost:8000",
                "https://127.0.0.1",
                "http://[::1]:8000",
                "http://forum.example",
                "http://127.0.0.1.example",
                f"http://{ALL_INTERFACES}",
                "https://forum.example",
                "https://localhost.example",
                "https://192.0.2.1:8000",
            ],
        )
    ),
)
def test_only_production_serves_more_than_this_machine(
    environ: Environ, mode: Mode, bind: str, base_url: str, stand_in: str
) -> None:
    given = {
        **environ,
        "ALONGSIDE_MODE": mode.value,
        "ALONGSIDE_BIND": bind,
        "ALONGSIDE_BASE_URL": base_url,
        "ALONGSIDE_STAND_IN": stand_in,
    }
    host = base_url.split("//")[1].removesuffix(":8000").strip("[]")
    # The first that is wrong, in the order in which they are looked at.
    wrong = [
        name
        for name, is_wrong in [
            ("BASE_URL", mode is Mode.PRODUCTION and base_url.startswith("http:")),
            ("BIND", mode is not Mode.PRODUCTION and bind not in HERE),
            ("BASE_URL", mode is not Mode.PRODUCTION and host not in HERE),
            ("STAND_IN", mode is Mode.PRODUCTION and stand_in == "yes"),
        ]
        if is_wrong
    ]
    if wrong:
        assert refused(given).startswith(f"ALONGSIDE_{wrong[0]} ")
    else:
        assert Settings.from_environ(given).stand_in is (stand_in == "yes")


@pytest.mark.proves("P3")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("provider", ["GOOGLE", "FACEBOOK"])
def test_without_the_flag_nobody_is_the_stand_in(environ: Environ, mode: Mode, provider: str) -> None:
    given = {
        **environ,
        **google(),
        **facebook(),
        **({} if mode is Mode.PRODUCTION else in_mode(mode.value)),
        f"ALONGSIDE_{provider}_ISSUER": f"https://{provider.lower()}.stand-in.invalid",
    }
    sentence = refused(given)
    assert "ALONGSIDE_STAND_IN is off" in sentence
    assert f"ALONGSIDE_{provider}_ISSUER" in sentence


# --- secrets ---------------------------------------------------------------------------------------------


def test_nothing_secret_is_shown(environ: Environ) -> None:
    settings = Settings.from_environ(
        {
            **environ,
            **google(),
            **facebook(),
            "ALONGSIDE_DATABASE_URL": "postgresql+psycopg://a:hush@db/forum",
        }
    )
    for shown in (repr(settings), str(settings), f"{settings.google!r}", str(settings.providers)):
        assert "forum.example" in shown or "issuer" in shown
        for secret in (KEY, COOKIE_KEY, SECRET, OTHER_SECRET, "hush"):
            assert secret not in shown


def test_what_is_made_directly_is_checked_no_less(environ: Environ) -> None:
    settings = Settings.from_environ(environ)
    with pytest.raises(SettingsError):
        replace(settings, base_url="http://forum.example")
    with pytest.raises(SettingsError):
        replace(settings, stand_in=True)
    stand_in = ProviderSettings(
        provider="google", client_id="x", client_secret="x", issuer="https://google.stand-in.invalid"
    )
    with pytest.raises(SettingsError):
        replace(settings, google=stand_in)


def test_the_shipped_folders_are_there() -> None:
    assert (config.TEMPLATES / "layout").is_dir()
    assert (config.MIGRATIONS / "versions").is_dir()


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_pseudo_locales_are_for_a_forum_without_real_people(environ: Environ, mode: str) -> None:
    assert not Settings.from_environ(environ).pseudo_locales
    settings = Settings.from_environ({**environ, **in_mode(mode), "ALONGSIDE_PSEUDO_LOCALES": "yes"})
    assert settings.pseudo_locales
    assert "ALONGSIDE_PSEUDO_LOCALES" in refused({**environ, "ALONGSIDE_PSEUDO_LOCALES": "yes"})
