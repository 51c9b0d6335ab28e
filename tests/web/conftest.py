"""What the tests of the web room share: the forum with a few views more, and a token for their forms."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web import trial


@pytest.fixture
def app(app: Flask) -> Flask:
    """Return the forum with the views of ``trial`` beside its own."""
    trial.register(app)
    return app


@pytest.fixture
def token_of() -> Callable[[FlaskClient], str]:
    """Return the function that fetches a browser's token against forged requests."""

    def fetch(client: FlaskClient) -> str:
        return client.get("/trial/token").text

    return fetch


@pytest.fixture
def token(client: FlaskClient, token_of: Callable[[FlaskClient], str]) -> dict[str, str]:
    """Return the form field with the visitor's token."""
    return {"csrf_token": token_of(client)}
