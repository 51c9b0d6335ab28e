"""The stand-in itself: strict where the real ones are strict, honest about what it is, closed to other machines."""

import base64
import hashlib
import hmac
import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from forum import clock
from forum.demo.stand_in.personas import PERSONAS
from tests.accounts.stand_in import REDIRECT_URIS, StandIn, StandInClient, query_of

BOTH = ("google", "facebook")
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-of-them-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPES = {"google": "openid email", "facebook": "public_profile"}


def place_of(client: StandInClient, provider: str, what: str) -> str:
    """Return the address of one of a client's endpoints."""
    paths = {
        ("google", "authorize"): "/authorize",
        ("google", "token"): "/token",
        ("facebook", "authorize"): "/dialog/oauth",
        ("facebook", "token"): "/oauth/access_token",
    }
    return f"{client.base_url}/{provider}/{client.google.client_id}{paths[provider, what]}"


def request_for(client: StandInClient, provider: str, **changes: str | None) -> str:
    """Return a right authorization request, but for the changes; None takes a parameter out."""
    right = {
        "response_type": "code",
        "client_id": client.google.client_id,
        "redirect_uri": REDIRECT_URIS[provider],
        "scope": SCOPES[provider],
        "state": "some-state",
        "nonce": "some-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    given = {name: value for name, value in (right | changes).items() if value is not None}
    return f"{place_of(client, provider, 'authorize')}?{urlencode(given)}"


def traded(client: StandInClient, provider: str, code: str, **changes: str) -> requests.Response:
    """Trade a code, rightly but for the changes."""
    right = {
        "grant_type": "authorization_code",
        "client_id": client.google.client_id,
        "client_secret": client.google.client_secret,
        "redirect_uri": REDIRECT_URIS[provider],
        "code": code,
        "code_verifier": VERIFIER,
    }
    return requests.post(place_of(client, provider, "token"), data=right | changes, timeout=10)


def code_for(client: StandInClient, provider: str) -> str:
    """Get a code for Robin."""
    return query_of(client.choose(request_for(client, provider)))["code"]


# --- strict where the real ones are ----------------------------------------------------------------------


@pytest.mark.proves("P1")
@pytest.mark.parametrize("provider", BOTH)
def test_the_right_requests_get_tokens(registered: StandInClient, provider: str) -> None:
    reply = traded(registered, provider, code_for(registered, provider))
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert set(reply.json()) >= {"access_token", "token_type", "expires_in"}
    assert ("id_token" in reply.json()) == (provider == "google")


@pytest.mark.proves("P1")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "another-verifier-that-is-long-enough-to-be-one-0123456789"},
        {"code_verifier": ""},
        {"code_verifier": CHALLENGE},
        {"redirect_uri": REDIRECT_URIS["google"] + "/"},
        {"redirect_uri": ""},
        {"client_secret": "another"},
        {"client_id": "another"},
        {"grant_type": "password"},
    ],
    ids="-".join,
)
def test_a_code_is_traded_for_nothing_less_than_everything(
    registered: StandInClient, provider: str, change: dict[str, str]
) -> None:
    reply = traded(registered, provider, code_for(registered, provider), **change)
    assert reply.status_code in (400, 401)
    assert "error" in reply.json()
    assert "access_token" not in reply.text


@pytest.mark.proves("P1")
@pytest.mark.parametrize("provider", BOTH)
def test_a_code_serves_once_even_after_a_wrong_try(registered: StandInClient, provider: str) -> None:
    code = code_for(registered, provider)
    assert traded(registered, provider, code, code_verifier="wrong").status_code == 400
    assert traded(registered, provider, code).status_code == 400


@pytest.mark.proves("P1")
def test_one_providers_code_is_nothing_at_the_other(registered: StandInClient) -> None:
    code = code_for(registered, "google")
    assert traded(registered, "facebook", code, redirect_uri=REDIRECT_URIS["google"]).status_code == 400


@pytest.mark.proves("P1")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://127.0.0.1:9/auth/google/callback?more=1"},
        {"redirect_uri": "http://127.0.0.1:9/auth/"},
        {"redirect_uri": "https://elsewhere.invalid/"},
        {"redirect_uri": None},
        {"client_id": "another"},
        {"client_id": None},
    ],
)
def test_an_unregistered_address_gets_a_page_and_no_redirect(
    registered: StandInClient, provider: str, changes: dict[str, str | None]
) -> None:
    answer = requests.get(request_for(registered, provider, **changes), allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "stand-in" in answer.text


@pytest.mark.proves("P1")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"access_type": "offline"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid public_profile contacts"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
    ],
)
def test_other_mistakes_are_told_to_the_application(
    registered: StandInClient, provider: str, changes: dict[str, str | None], error: str
) -> None:
    answer = requests.get(request_for(registered, provider, **changes), allow_redirects=False, timeout=10)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(REDIRECT_URIS[provider] + "?")
    query = query_of(answer.headers["Location"])
    assert (query["error"], query["state"]) == (error, "some-state")
    assert "code" not in query


def test_a_parameter_given_twice_is_refused(registered: StandInClient) -> None:
    address = request_for(registered, "google") + "&state=another"
    assert requests.get(address, allow_redirects=False, timeout=10).status_code == 400


def test_a_page_of_personas_serves_once(registered: StandInClient) -> None:
    page = requests.get(request_for(registered, "google"), timeout=10)
    handle = page.text.split('name="request" value="')[1].split('"')[0]
    chosen = {"request": handle, "persona": "robin"}
    address = place_of(registered, "google", "authorize")
    statuses = [
        requests.post(address, data=chosen, allow_redirects=False, timeout=10).status_code for _ in range(2)
    ]
    assert statuses == [303, 400]


@pytest.mark.proves("P1")
def test_google_describes_itself(registered: StandInClient) -> None:
    document = requests.get(str(registered.google.metadata_url), timeout=10).json()
    assert document["issuer"] == "https://google.stand-in.invalid"
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    keys = requests.get(document["jwks_uri"], timeout=10).json()["keys"]
    assert [key["alg"] for key in keys if key.get("use") == "sig"] == ["RS256"]
    assert not {"d", "p", "q"} & {name for key in keys for name in key}


@pytest.mark.proves("P1")
@pytest.mark.parametrize(
    ("bearer", "proof"), [("wrong", "right"), ("right", "wrong"), ("right", None), (None, "right")]
)
def test_a_profile_is_shown_to_the_application_alone(
    registered: StandInClient, bearer: str | None, proof: str | None
) -> None:
    token = traded(registered, "facebook", code_for(registered, "facebook")).json()["access_token"]
    right = hmac.new(registered.facebook.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    headers = {} if bearer is None else {"Authorization": f"Bearer {token if bearer == 'right' else bearer}"}
    parameters = {} if proof is None else {"appsecret_proof": right if proof == "right" else proof}
    answer = requests.get(
        str(registered.facebook.profile_url), headers=headers, params=parameters, timeout=10
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "OAuthException"


@pytest.mark.proves("P1")
def test_a_token_is_vouched_for_to_its_application_alone(
    stand_in: StandIn, registered: StandInClient
) -> None:
    token = traded(registered, "facebook", code_for(registered, "facebook")).json()["access_token"]

    def told(client: StandInClient, bearer: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {bearer}"}
        return requests.get(
            str(client.facebook.debug_token_url), headers=headers, params={"input_token": token}, timeout=10
        )

    own = f"{registered.facebook.client_id}|{registered.facebook.client_secret}"
    facts = told(registered, own).json()["data"]
    assert (facts["is_valid"], facts["app_id"]) == (True, registered.facebook.client_id)
    assert facts["user_id"] == PERSONAS["robin"].facebook_subject
    assert told(registered, token).status_code == 400
    # Another application learns that the token isn't its own.
    other = stand_in.register()
    theirs = f"{other.facebook.client_id}|{other.facebook.client_secret}"
    assert told(other, theirs).json()["data"]["app_id"] == registered.facebook.client_id


# --- switches and the log --------------------------------------------------------------------------------


def test_switches_reach_their_own_client_alone(stand_in: StandIn, registered: StandInClient) -> None:
    other = stand_in.register()
    registered.misbehave(token_500=True)
    assert traded(registered, "google", "any").status_code == 500
    assert traded(other, "google", "any").status_code == 400
    registered.behave()
    assert traded(registered, "google", "any").status_code == 400


@pytest.mark.parametrize("content", [{"no_such_switch": True}, {"token_500": [1]}, [1]])
def test_a_switch_that_is_not_there_is_refused(registered: StandInClient, content: Any) -> None:
    answer = requests.post(
        f"{registered.base_url}/faults",
        params={"client_id": registered.google.client_id},
        json=content,
        timeout=10,
    )
    assert answer.status_code == 400


def test_the_log_tells_names_and_the_referer_but_no_value(registered: StandInClient) -> None:
    address = request_for(registered, "google")
    requests.get(address, headers={"Referer": "http://127.0.0.1:9/log-in"}, timeout=10)
    (entry,) = registered.log()
    assert entry["referer"] == "http://127.0.0.1:9/log-in"
    assert "state" in entry["parameters"]
    assert "some-state" not in json.dumps(entry)


# --- the pages -------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """What a page is made of, as far as the tests ask."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.proves("P4")
@pytest.mark.parametrize("page", ["home", "google", "facebook", "calls", "error"])
def test_every_page_says_what_it_is_and_brings_nothing_from_elsewhere(
    registered: StandInClient, page: str
) -> None:
    addresses = {
        "home": f"{registered.base_url}/",
        "google": request_for(registered, "google"),
        "facebook": request_for(registered, "facebook"),
        "calls": f"{registered.base_url}/facebook/{registered.google.client_id}/calls",
        "error": f"{registered.base_url}/nowhere",
    }
    answer = requests.get(addresses[page], timeout=10)
    assert "This is a stand-in" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    outline = Outline(answer.text)
    assert [attributes["lang"] for tag, attributes in outline.tags if tag == "html"] == ["en"]
    assert [tag for tag, _ in outline.tags].count("h1") == 1
    assert not {"script", "style", "img", "iframe"} & {tag for tag, _ in outline.tags}
    for _tag, attributes in outline.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "/").startswith("/")


@pytest.mark.proves("P1")
@pytest.mark.parametrize("provider", BOTH)
def test_the_page_offers_every_persona_and_leads_back_to_the_application_alone(
    registered: StandInClient, provider: str
) -> None:
    answer = requests.get(request_for(registered, provider), timeout=10)
    outline = Outline(answer.text)
    assert [a["value"] for tag, a in outline.tags if tag == "button"] == list(PERSONAS)
    assert all(persona.name in answer.text for persona in PERSONAS.values())
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' http://127.0.0.1:9")


def test_only_this_machine_is_answered(registered: StandInClient) -> None:
    for path in ("/", "/log", "/clients"):
        answer = requests.get(f"{registered.base_url}{path}", headers={"Host": "forum.example"}, timeout=10)
        assert answer.status_code == 400


def test_a_form_cannot_steer_it(registered: StandInClient) -> None:
    for path in ("/faults", "/clients"):
        answer = requests.post(
            f"{registered.base_url}{path}", data='{"token_500": true}', headers={"Content-Type": "text/plain"},
            timeout=10,
        )  # fmt: skip
        assert answer.status_code == 415


# --- Facebook's own calls --------------------------------------------------------------------------------


@pytest.mark.proves("P1")
@pytest.mark.parametrize("call", ["deauthorize", "deletion"])
def test_signed_calls_reach_the_application(stand_in: StandIn, httpserver: HTTPServer, call: str) -> None:
    came: list[str] = []

    def take(request: Request) -> Response:
        came.append(request.form["signed_request"])
        return Response('{"answer": "<b>taken</b>"}', mimetype="application/json")

    httpserver.expect_request("/call", method="POST").respond_with_handler(take)
    url = httpserver.url_for("/call")
    client = stand_in.register(
        deauthorize_url=url if call == "deauthorize" else None,
        deletion_url=url if call == "deletion" else None,
    )
    page = requests.post(
        f"{stand_in.base_url}/facebook/{client.google.client_id}/calls",
        data={"call": call, "persona": "sam"},
        timeout=10,
    )
    assert page.status_code == 200
    assert "Status 200" in page.text
    assert "<b>taken" not in page.text
    signature, payload = came[0].split(".")
    expected = hmac.new(client.facebook.client_secret.encode(), payload.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)) == expected
    content = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert content["algorithm"] == "HMAC-SHA256"
    assert content["user_id"] == PERSONAS["sam"].facebook_subject
    assert abs(clock.now().timestamp() - content["issued_at"]) < 60


@pytest.mark.parametrize(
    ("registered_url", "chosen"),
    [
        (None, {"call": "deletion", "persona": "sam"}),
        ("https://forum.example/call", {"call": "deletion", "persona": "sam"}),
        ("http://127.0.0.1:9/call", {"call": "deletion", "persona": "nobody"}),
        ("http://127.0.0.1:9/call", {"call": "another", "persona": "sam"}),
    ],
)
def test_calls_go_nowhere_else(stand_in: StandIn, registered_url: str | None, chosen: dict[str, str]) -> None:
    client = stand_in.register(deletion_url=registered_url)
    answer = requests.post(
        f"{stand_in.base_url}/facebook/{client.google.client_id}/calls", data=chosen, timeout=10
    )
    assert answer.status_code == 400


def test_a_forum_that_does_not_answer_is_said_to(stand_in: StandIn) -> None:
    client = stand_in.register(deletion_url="http://127.0.0.1:9/call")
    answer = requests.post(
        f"{stand_in.base_url}/facebook/{client.google.client_id}/calls",
        data={"call": "deletion", "persona": "sam"},
        timeout=20,
    )
    assert "It did not answer." in answer.text


@pytest.mark.proves("P2")
def test_people_stay_the_same_on_another_port(registered: StandInClient) -> None:
    # The issuer that goes into the database names no host and no port.
    for settings in (registered.google, registered.facebook):
        assert settings.issuer.endswith(".stand-in.invalid")
        assert registered.base_url not in settings.issuer
