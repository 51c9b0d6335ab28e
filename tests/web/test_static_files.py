"""Static files: under names that change with their content, kept by browsers for ever, and nothing else."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum.web import static_files
from tests.web.test_headers import check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a few files."""
    made = tmp_path / "static"
    (made / "icons").mkdir(parents=True)
    (made / "site.css").write_text("p { color: teal }")
    (made / "site.min.js").write_text("export {}")
    (made / "icons" / "mark.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "secret.txt").write_text("nobody's business")
    return made


def serving(folder: Path) -> Flask:
    app = Flask(__name__, static_folder=None)
    static_files.install(app, folder)
    return app


def addresses(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {name: static_files.asset(name) for name in app.extensions["static_manifest"]}


@pytest.fixture
def small(folder: Path) -> FlaskClient:
    """Return a browser on an application that has these files and nothing else."""
    return serving(folder).test_client()


def test_every_file_is_served_under_a_name_with_its_hash(small: FlaskClient, folder: Path) -> None:
    found = addresses(small.application)
    assert set(found) == {"site.css", "site.min.js", "icons/mark.svg"}
    assert re.fullmatch(r"/static/site\.[0-9a-f]{12}\.css", found["site.css"])
    assert re.fullmatch(r"/static/site\.min\.[0-9a-f]{12}\.js", found["site.min.js"])
    assert re.fullmatch(r"/static/icons/mark\.[0-9a-f]{12}\.svg", found["icons/mark.svg"])
    types = {"site.css": "text/css", "site.min.js": "text/javascript", "icons/mark.svg": "image/svg+xml"}
    for name, address in found.items():
        answer = small.get(address, buffered=True)
        assert answer.status_code == 200
        assert answer.data == (folder / name).read_bytes()
        assert answer.mimetype == types[name]
        assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_another_content_is_another_address(folder: Path) -> None:
    before = addresses(serving(folder))
    assert addresses(serving(folder)) == before
    (folder / "site.css").write_text("p { color: plum }")
    after = addresses(serving(folder))
    assert after["site.css"] != before["site.css"]
    assert {**after, "site.css": ""} == {**before, "site.css": ""}
    assert serving(folder).test_client().get(before["site.css"]).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/static/site.css",
        "/static/",
        "/static/icons/",
        "/static/%2e%2e/secret.txt",
        "/static//etc/passwd",
        "/static/site.000000000000.css",
        "/static/icons/../site.css",
    ],
)
def test_nothing_else_is_served(small: FlaskClient, address: str) -> None:
    assert small.get(address).status_code == 404


def test_a_file_can_be_asked_about_and_not_sent_to(small: FlaskClient) -> None:
    address = addresses(small.application)["site.css"]
    assert small.head(address).headers["Content-Length"] == "17"
    assert small.post(address).status_code == 405
    known = small.get(address, buffered=True).headers["Last-Modified"]
    assert small.get(address, headers={"If-Modified-Since": known}).status_code == 304


def test_a_file_that_is_not_there_has_no_address(small: FlaskClient) -> None:
    with small.application.app_context(), pytest.raises(KeyError):
        static_files.asset("no-such-file.css")


@pytest.mark.proves("W1")
def test_the_forums_own_files_are_there_with_all_headers(client: FlaskClient) -> None:
    found = addresses(client.application)
    assert "alongside.css" in found
    for address in found.values():
        for answer in (
            client.get(address, buffered=True),
            client.get(address, headers={"Range": "bytes=0-3"}, buffered=True),
            client.put(address, buffered=True),
        ):
            assert answer.status_code in (200, 206, 405)
            check(answer)
        assert "immutable" in client.head(address).headers["Cache-Control"]
