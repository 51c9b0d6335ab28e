"""The outermost layer: whatever is answered, and by whom, carries the same headers; and foreign names get nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse, run_wsgi_app

from config import ProviderSettings, Settings
from forum.app import create_app
from tests import cast
from tests.conftest import database_of
from tests.web import trial

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


@pytest.fixture
def on_https(settings: Settings) -> Iterator[Flask]:
    """Return the forum as it is behind https, with a proxy in front."""
    served = replace(
        settings, base_url="https://localhost", trusted_hosts=("localhost",), proxy_hops=1, stand_in=True
    )
    app = create_app(served)
    trial.register(app)
    yield app
    database_of(app).dispose()


def policy_of(answer: TestResponse) -> dict[str, list[str]]:
    """Return the content security policy, by directive."""
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    assert len({part[0] for part in parts}) == len(parts)
    return {part[0]: part[1:] for part in parts}


def check(answer: TestResponse) -> None:
    for name, value in EVERYWHERE.items():
        assert answer.headers.getlist(name) == [value], name
    assert len(answer.headers.getlist("X-Request-Id")) == 1
    assert len(answer.headers["X-Request-Id"]) == 32
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    for name in ("base-uri", "frame-ancestors", "object-src"):
        assert policy[name] == ["'none'"]
    for name in ("script-src", "style-src", "img-src", "connect-src"):
        assert policy[name] == ["'self'"]
    assert "unsafe-" not in answer.headers["Content-Security-Policy"]


@pytest.mark.proves("W1")
@pytest.mark.parametrize(
    ("method", "address", "status", "headers"),
    [
        ("GET", "/", 200, {}),
        ("HEAD", "/", 200, {}),
        ("OPTIONS", "/", 200, {}),
        ("GET", "/no-such-page", 404, {}),
        ("GET", "/no-such-page", 404, {"Accept": "application/json"}),
        ("GET", "/static/no-such-file.css", 404, {}),
        ("GET", "/trial/members", 303, {}),
        ("GET", "/trial/members", 401, {"Accept": "application/problem+json"}),
        ("POST", "/trial/members", 401, {}),
        ("POST", "/", 405, {}),
        ("BREW", "/", 405, {}),
        ("POST", "/trial/form", 400, {}),
        ("GET", "/trial/abort/413", 413, {}),
        ("GET", "/trial/refuse/too-many", 429, {}),
        ("GET", "/trial/fault", 500, {}),
        ("GET", "/trial/fault", 500, {"Accept": "application/json"}),
        ("GET", "/trial/refuse/unavailable", 503, {}),
        ("GET", "/", 400, {"Host": "evil.example"}),
        ("GET", "/trial/own-headers", 200, {}),
    ],
)
def test_every_answer_has_the_headers(
    client: FlaskClient, method: str, address: str, status: int, headers: dict[str, str]
) -> None:
    answer = client.open(address, method=method, headers=headers)
    assert answer.status_code == status
    check(answer)
    assert "Strict-Transport-Security" not in answer.headers, "On plain http it would lock people out."


@pytest.mark.proves("W1")
def test_https_is_demanded_where_it_is_spoken(on_https: Flask) -> None:
    client = on_https.test_client()
    for address, host, status in [
        ("/", "localhost", 200),
        ("/no-such-page", "localhost", 404),
        ("/trial/fault", "localhost", 500),
        ("/", "evil.example", 400),
    ]:
        answer = client.get(address, headers={"Host": host, "X-Forwarded-Proto": "https"})
        assert answer.status_code == status
        check(answer)
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


@pytest.mark.proves("W2")
def test_cookies_are_bound_to_this_host_over_https(on_https: Flask) -> None:
    answer = on_https.test_client().get("/trial/token", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    parts = {part.strip() for part in cookie.split(";")}
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= parts
    assert not any(part.startswith("Domain") for part in parts)


@pytest.mark.proves("W1")
def test_forms_lead_only_here_and_to_the_providers_own_pages(settings: Settings, client: FlaskClient) -> None:
    assert policy_of(client.get("/"))["form-action"] == ["'self'", "http://127.0.0.1:9"]


@pytest.mark.proves("W1")
def test_forms_lead_to_the_real_providers_where_those_are_used(settings: Settings) -> None:
    real = replace(
        settings,
        stand_in=False,
        google=ProviderSettings(
            provider="google",
            client_id="x",
            client_secret="x",
            issuer="https://accounts.google.com",
            metadata_url="https://accounts.google.com/.well-known/openid-configuration",
        ),
        facebook=None,
    )
    app = create_app(real)
    policy = policy_of(app.test_client().get("/"))
    assert policy["form-action"] == ["'self'", "https://accounts.google.com"]
    database_of(app).dispose()


@pytest.mark.proves("W1")
@pytest.mark.parametrize("authorize_url", [None, "https://www.facebook.com/v24.0/dialog/oauth"])
def test_forms_lead_to_facebook_on_phones_too(settings: Settings, authorize_url: str | None) -> None:
    facebook = ProviderSettings(
        provider="facebook",
        client_id="x",
        client_secret="x",
        issuer="https://www.facebook.com",
        authorize_url=authorize_url,
    )
    app = create_app(replace(settings, stand_in=False, google=None, facebook=facebook))
    policy = policy_of(app.test_client().get("/"))
    assert policy["form-action"] == ["'self'", "https://m.facebook.com", "https://www.facebook.com"]
    database_of(app).dispose()


@pytest.fixture
def on_loopback(settings: Settings) -> Iterator[FlaskClient]:
    """Return a browser of a forum that is served to its own machine, as the demo is."""
    served = replace(
        settings,
        base_url="http://127.0.0.1:8000",
        trusted_hosts=("127.0.0.1:8000", "localhost:8000"),
        # They need a name.
        passkeys=False,
    )
    app = create_app(served)
    yield app.test_client()
    database_of(app).dispose()


@pytest.mark.proves("P2")
@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST:8000", "[::1]:8000"])
@pytest.mark.parametrize(
    ("path", "query", "leads_to"),
    [
        ("/", "", "/"),
        ("/topics/7/a-b", "page=2&q=a%20b", "/topics/7/a-b?page=2&q=a%20b"),
        ("/caf\u00c3\u00a9", "", "/caf%C3%A9"),
        ("/a b\r\nSet-Cookie:x", "", "/a%20b%0D%0ASet-Cookie:x"),
        ("//evil.example/", "", "//evil.example/"),
        ("@evil.example/", "", "/@evil.example/"),
        ("", "", "/"),
    ],
)
def test_this_machines_other_names_lead_to_the_one_that_cookies_and_providers_know(
    on_loopback: FlaskClient, host: str, path: str, query: str, leads_to: str
) -> None:
    asked = {"HTTP_HOST": host, "PATH_INFO": path, "QUERY_STRING": query}
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = on_loopback.open("/", method=method, environ_overrides=asked)
        assert (answer.status_code, answer.headers["Location"]) == (307, f"http://127.0.0.1:8000{leads_to}")
        assert "Set-Cookie" not in answer.headers
        check(answer)
    answer = on_loopback.post("/", environ_overrides=asked)
    assert (answer.status_code, answer.text) == (400, "This forum is at http://127.0.0.1:8000/\n")
    assert "Location" not in answer.headers


@pytest.mark.proves("P2")
@pytest.mark.parametrize("host", ["localhost", "localhost:8001", "[::1]", "127.0.0.1", "evil.example:8000"])
def test_another_port_is_another_site(on_loopback: FlaskClient, host: str) -> None:
    answer = on_loopback.get("/", headers={"Host": host})
    assert (answer.status_code, answer.text) == (400, "This forum does not answer to that name.\n")
    assert on_loopback.get("/about", headers={"Host": "127.0.0.1:8000"}).status_code == 200


@pytest.mark.proves("P2")
def test_on_this_machine_cookies_work_without_https(on_loopback: FlaskClient) -> None:
    (line,) = on_loopback.get("/log-in", headers={"Host": "127.0.0.1:8000"}).headers.getlist("Set-Cookie")
    assert line.startswith("session=")
    assert "Secure" not in line
    assert "HttpOnly" in line


def test_over_https_no_other_name_leads_anywhere(on_https: Flask) -> None:
    assert on_https.test_client().get("/", headers={"Host": "127.0.0.1"}).status_code == 400


@pytest.mark.proves("A2")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "localhost:81",
        "localhost@evil.example",
        "evil.example:localhost",
        "127.0.0.1:81",
        "127.0.0.2",
        "localhost, evil.example",
        "",
        " localhost",
        "local\u00adhost",
    ],
)
def test_a_foreign_host_gets_nothing(client: FlaskClient, host: str) -> None:
    for address in ("/", "/log-in", "/trial/fault", f"/static/{'x'}", "/auth/google/callback?state=x"):
        answer = client.get(address, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code == 400
        assert answer.text == "This forum does not answer to that name.\n"
        assert "Location" not in answer.headers
        assert "Set-Cookie" not in answer.headers


@pytest.mark.proves("A2")
def test_a_request_without_a_host_gets_nothing(app: Flask) -> None:
    environ = app.test_client().get("/trial/token").request.environ
    del environ["HTTP_HOST"]
    _body, status, _headers = run_wsgi_app(app.wsgi_app, environ)
    assert status == "400 Bad Request"


def test_a_host_is_the_same_in_any_case(client: FlaskClient) -> None:
    assert client.get("/trial/token", headers={"Host": "LOCALHOST"}).status_code == 200


@pytest.mark.proves("W17")
def test_what_a_proxy_would_say_counts_only_where_one_is_told_of(
    client: FlaskClient, on_https: Flask
) -> None:
    said = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    assert client.get("/trial/token", headers=said).status_code == 200
    assert on_https.test_client().get("/trial/token", headers=said).status_code == 400
    # Of two that are said, only the one that our own proxy added counts.
    said = {"Host": "inside", "X-Forwarded-Host": "evil.example, localhost"}
    assert on_https.test_client().get("/trial/token", headers=said).status_code == 200


def test_each_request_has_an_id_of_its_own_which_nobody_chooses(client: FlaskClient) -> None:
    answers = [client.get("/trial/token", headers={"X-Request-Id": "chosen"}) for _ in range(3)]
    ids = {answer.headers["X-Request-Id"] for answer in answers}
    assert len(ids) == 3
    assert "chosen" not in ids


@pytest.mark.proves("W15")
def test_a_signed_in_page_is_stored_by_nobody(app: Flask, client: FlaskClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-cache"
    assert cast.member(app).client.get("/").headers["Cache-Control"] == "private, no-store"


def test_the_source_of_the_policy_is_one_place(pytestconfig: pytest.Config) -> None:
    forum = Path(pytestconfig.rootpath) / "forum"
    naming = [path for path in forum.rglob("*.py") if "Content-Security-Policy" in path.read_text()]
    assert [path.name for path in naming if "demo" not in path.parts] == ["headers.py"]
