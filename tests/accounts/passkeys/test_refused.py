"""What a passkey must not do: whoever brings it wrongly changes nothing, and learns nothing from the answer."""

import json
from datetime import timedelta
from typing import Any

import cbor2
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from forum import clock
from forum.accounts import passkeys
from forum.accounts.models import Passkey, SignInSession
from forum.accounts.passkeys import LONGEST_CREDENTIAL, PasskeyReason, PasskeyRefused
from tests.accounts.authenticator import (
    ATTESTED,
    EDDSA,
    ES384,
    PRESENT,
    VERIFIED,
    Authenticator,
    Wrongly,
    add_passkey,
    ask,
    bring,
    options_for,
    to_bytes,
    to_text,
    token_of,
    use_passkey,
    who,
)
from tests.accounts.signing_in import cookie_content
from tests.front_door import Browser, Forum, Log, Page


@pytest.fixture
def robin(robin: Browser, authenticator: Authenticator) -> Browser:
    """Return the browser of quiet-river, whose passkey the device holds."""
    assert add_passkey(robin, authenticator).status_code == 303
    return robin


def kept(forum: Forum) -> list[Any]:
    """Return everything that is kept of passkeys and sessions."""
    with forum.database.reading() as session:
        passkey = session.execute(select(Passkey.__table__)).all()
        sessions = session.execute(select(SignInSession.__table__)).all()
    return [*passkey, *sessions]


def words(answer: Any) -> str:
    """Return what an answer says, without what differs each time."""
    page = Page(answer.text)
    return " ".join(" ".join("".join(one) for tag, _given, one in page.elements if tag == "main").split())


# --- logging in ------------------------------------------------------------------------------------------

WRONG_USES = {
    "another origin": Wrongly(origin="https://localhost.evil.invalid"),
    "another port": Wrongly(origin="http://localhost:1"),
    "inside somebody else's page": Wrongly(cross_origin=True),
    "another site's passkey": Wrongly(rp_id="evil.invalid"),
    "nobody asked the person": Wrongly(flags=PRESENT),
    "nobody was there": Wrongly(flags=VERIFIED),
    "made and not used": Wrongly(type="webauthn.create"),
    "a challenge that nobody gave": Wrongly(challenge=to_text(bytes(32))),
    "tampered with": Wrongly(tampers=True),
    "another person's handle": Wrongly(user_handle=to_text(bytes(range(32)))),
    "no handle": Wrongly(leaves_out_handle=True),
    "unknown": Wrongly(credential_id=bytes(range(32))),
    "an id that is too long": Wrongly(credential_id=bytes(1024)),
}


@pytest.mark.proves("W6")
@pytest.mark.parametrize("wrongly", WRONG_USES.values(), ids=WRONG_USES.keys())
def test_a_wrong_use_lets_nobody_in(
    forum: Forum, robin: Browser, authenticator: Authenticator, wrongly: Wrongly
) -> None:
    before, counts = kept(forum), forum.counts()
    browser = Browser(forum)
    answer = use_passkey(browser, authenticator, wrongly=wrongly)
    assert answer.status_code == 400
    assert who(browser) is None
    assert kept(forum) == before
    # Its challenge is used up, and if it named none of ours, that is all that is left.
    assert forum.counts() | {"passkey_challenge": 0} == counts
    # In each case to the letter what a passkey that nobody knows is answered.
    stranger = Authenticator(forum.base_url, secrets=[*authenticator.secrets])
    unknown = use_passkey(Browser(forum), stranger, wrongly=Wrongly(credential_id=bytes(16)))
    assert words(answer) == words(unknown)
    assert {name for name in answer.headers if name != "Content-Length"} == {
        name for name in unknown.headers if name != "Content-Length"
    }


def test_an_answer_counts_once(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    browser = Browser(forum)
    answer = authenticator.use(options_for(browser, "sign-in"))
    assert bring(browser, answer).status_code == 303
    for again in (browser, Browser(forum), robin):
        before = kept(forum)
        assert bring(again, answer).status_code == 400
        assert kept(forum) == before


def test_a_refused_answer_used_its_challenge_up(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    browser = Browser(forum)
    options = options_for(browser, "sign-in")
    assert bring(browser, authenticator.use(options, Wrongly(tampers=True))).status_code == 400
    assert forum.counts()["passkey_challenge"] == 0
    assert bring(browser, authenticator.use(options)).status_code == 400
    assert who(browser) is None


def test_another_browsers_challenge_is_worth_nothing_and_is_left_to_it(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    owner, thief = Browser(forum), Browser(forum)
    options = options_for(owner, "sign-in")
    options_for(thief, "sign-in")
    assert bring(thief, authenticator.use(options)).status_code == 400
    assert bring(Browser(forum), authenticator.use(options)).status_code == 400
    assert bring(owner, authenticator.use(options)).status_code == 303


@pytest.mark.parametrize(
    ("asked", "brought"), [("sign-in", "prove"), ("prove", "sign-in"), ("sign-in", "add"), ("add", "prove")]
)
def test_a_challenge_is_for_one_purpose(
    forum: Forum, robin: Browser, authenticator: Authenticator, asked: str, brought: str
) -> None:
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    options = options_for(robin, asked)
    before = kept(forum)
    made = authenticator.make if brought == "add" else authenticator.use
    options |= {"rpId": "localhost", "rp": {"id": "localhost"}, "user": {"id": to_text(bytes(32))}}
    assert bring(robin, made(options), brought).status_code == 400
    assert kept(forum) == before
    assert forum.counts()["passkey_challenge"] == 0


@pytest.mark.parametrize(("seconds", "status"), [(299, 303), (301, 400)])
def test_a_challenge_lasts_five_minutes(
    forum: Forum, robin: Browser, authenticator: Authenticator, seconds: int, status: int
) -> None:
    browser = Browser(forum)
    answer = authenticator.use(options_for(browser, "sign-in"))
    with time_machine.travel(clock.now() + timedelta(seconds=seconds)):
        assert bring(browser, answer).status_code == status
    assert forum.counts()["passkey_challenge"] == 0


@pytest.mark.parametrize("counter", [0, 4, 5])
def test_a_counter_that_goes_back_tells_a_copy(
    forum: Forum, robin: Browser, authenticator: Authenticator, counter: int, log: Log
) -> None:
    assert use_passkey(Browser(forum), authenticator, wrongly=Wrongly(counter=5)).status_code == 303
    before = kept(forum)
    browser = Browser(forum)
    assert use_passkey(browser, authenticator, wrongly=Wrongly(counter=counter)).status_code == 400
    assert who(browser) is None
    assert kept(forum) == before
    lines = [line for line in log.text().splitlines() if "passkey.refused" in line]
    assert [json.loads(line)["reason"] for line in lines] == ["counter"]
    assert set(json.loads(lines[0])) == {"event", "level", "timestamp", "purpose", "reason"}


def test_without_the_forms_token_nothing_happens(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    answer = authenticator.use(options_for(robin, "prove"))
    counts = forum.counts()
    for address, sent in (
        ("/auth/passkey", {"purpose": "prove", "next": "/", "credential": json.dumps(answer)}),
        ("/auth/passkey/options", {"purpose": "sign-in"}),
        ("/settings/sign-in/passkeys", {"credential": json.dumps(answer)}),
        (f"/settings/sign-in/passkeys/{_only_id(forum)}/name", {"name": "Mine"}),
        (f"/settings/sign-in/passkeys/{_only_id(forum)}/remove", {}),
    ):
        assert robin.post(address, sent).status_code == 400, address
    assert forum.counts() == counts
    assert bring(robin, answer, "prove").status_code == 303


def _only_id(forum: Forum) -> int:
    with forum.database.reading() as session:
        return session.execute(select(Passkey.id)).scalar_one()


def test_what_the_pages_do_not_send_is_malformed(forum: Forum, robin: Browser) -> None:
    token = {"csrf_token": token_of(robin)}
    for address, sent in (
        ("/auth/passkey/options", {"purpose": "leave"}),
        ("/auth/passkey/options", {}),
        ("/auth/passkey/options", {"purpose": "sign-in", "member": "quiet-river"}),
        ("/auth/passkey", {"purpose": "add", "next": "/", "credential": "{}"}),
        ("/auth/passkey", {"purpose": "sign-in", "next": "/", "credential": "{}", "rp": "localhost"}),
        (f"/settings/sign-in/passkeys/{_only_id(forum)}/remove", {"all": "yes"}),
    ):
        assert robin.post(address, token | sent).status_code == 400, (address, sent)
    assert forum.counts()["passkey"] == 1


# --- proving ---------------------------------------------------------------------------------------------


@pytest.mark.proves("W12")
def test_another_members_passkey_proves_nothing(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    sam = Browser(forum)
    sam.join("slow-cloud", persona="sam")
    with forum.database.transaction() as session:
        session.execute(update(SignInSession).values(proof=None, proved_at=None))
    before, cookie = kept(forum), cookie_content(sam)["_user_id"]
    for wrongly in (Wrongly(), Wrongly(leaves_out_handle=True)):
        answer = use_passkey(sam, authenticator, "prove", wrongly)
        assert answer.status_code == 400
    assert kept(forum) == before
    assert cookie_content(sam)["_user_id"] == cookie
    script = bring(sam, authenticator.use(options_for(sam, "prove")), "prove", as_script=True)
    assert (script.status_code, script.headers["Content-Type"]) == (400, "application/problem+json")


# --- adding ----------------------------------------------------------------------------------------------

MADE = PRESENT | VERIFIED | ATTESTED
WRONG_ADDITIONS = {
    "another origin": Wrongly(origin="https://evil.invalid"),
    "another site's passkey": Wrongly(rp_id="evil.invalid"),
    "nobody asked the person": Wrongly(flags=PRESENT | ATTESTED),
    "nothing was made": Wrongly(flags=PRESENT | VERIFIED),
    "used and not made": Wrongly(type="webauthn.get"),
    "a challenge that nobody gave": Wrongly(challenge=to_text(bytes(32))),
    "inside somebody else's page": Wrongly(cross_origin=True),
    "a kind of key that was not offered": Wrongly(algorithm=ES384),
    "a statement where there is none": Wrongly(statement={"sig": b"x"}),
    "a statement of a kind that nobody knows": Wrongly(format="made-up"),
    "a statement with a chain": Wrongly(
        format="packed", statement={"alg": -7, "sig": b"x", "x5c": [b"junk"]}
    ),
    "a statement that nobody signed": Wrongly(format="packed", statement={"alg": -7, "sig": b"x"}),
    "a module's statement": Wrongly(format="tpm", statement={"ver": "2.0", "alg": -7, "sig": b"x"}),
    "backed up and can't be": Wrongly(flags=MADE | 0x10),
    "an id that is too long": Wrongly(credential_id=bytes(1024)),
}


@pytest.mark.parametrize("wrongly", WRONG_ADDITIONS.values(), ids=WRONG_ADDITIONS.keys())
def test_a_wrong_addition_changes_nothing(
    forum: Forum, robin: Browser, authenticator: Authenticator, wrongly: Wrongly
) -> None:
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    before, counts = kept(forum), forum.counts()
    answer = add_passkey(robin, authenticator, wrongly)
    assert answer.status_code == 400
    assert "That passkey didn't work" in words(answer)
    assert kept(forum) == before
    assert forum.counts() | {"passkey_challenge": 0} == counts
    assert who(robin) == "quiet-river"


def test_a_key_of_another_kind_that_was_offered_is_taken(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    assert add_passkey(robin, authenticator, Wrongly(algorithm=EDDSA)).status_code == 303
    # Nobody holds its other half.
    assert use_passkey(Browser(forum), authenticator).status_code == 400


@pytest.mark.parametrize("whose", ["somebody else's", "their own"])
def test_an_id_that_is_known_already_is_a_conflict(
    forum: Forum, robin: Browser, authenticator: Authenticator, whose: str
) -> None:
    sam = Browser(forum)
    sam.join("slow-cloud", persona="sam")
    adding = sam if whose == "somebody else's" else robin
    if adding is robin:
        assert use_passkey(robin, authenticator, "prove").status_code == 303
    before, counts = kept(forum), forum.counts()
    answer = add_passkey(
        adding, Authenticator(forum.base_url), Wrongly(credential_id=authenticator.secrets[0].id)
    )
    assert answer.status_code == 409
    assert "Nothing was added" in answer.text
    # Nor is it said whose it is.
    assert "quiet-river" not in words(answer)
    assert kept(forum) == before
    assert forum.counts() == counts


def test_nobody_knows_under_which_handle_a_second_answer_was_made(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    first, second = (authenticator.make(options_for(robin, "add")) for _time in range(2))
    assert bring(robin, first, "add").status_code == 303
    before = kept(forum)
    assert bring(robin, second, "add").status_code == 400
    assert kept(forum) == before


# --- junk ------------------------------------------------------------------------------------------------


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


JUNK = {
    "nothing": " ",
    "no JSON": "{",
    "a number": "7",
    "a list": "[]",
    "nesting": nested(8000),
    "empty": "{}",
    "no answer": json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key"}),
    "numbers": json.dumps({"id": 1, "rawId": 1, "type": 1, "response": {"clientDataJSON": 1}}),
    "not base64": json.dumps({"id": "é", "rawId": "é", "response": {"clientDataJSON": "é"}}),
    "endless": "9" * 16_000,
    "infinite": "1e999999",
    "too long": json.dumps({"id": "A" * (LONGEST_CREDENTIAL + 1)}),
    "half a megabyte": json.dumps({"id": "A" * 500_000}),
}


@pytest.mark.parametrize("purpose", ["sign-in", "prove", "add"])
def test_junk_is_refused(forum: Forum, robin: Browser, authenticator: Authenticator, purpose: str) -> None:
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    options_for(robin, purpose)
    before, counts = kept(forum), forum.counts()
    answers = {what: bring(robin, junk, purpose).status_code for what, junk in JUNK.items()}
    assert answers == dict.fromkeys(JUNK, 400)
    assert kept(forum) == before
    assert forum.counts() == counts


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("AAAA"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
BYTES = st.binary(max_size=300).map(to_text)
SITE = passkeys.site_of("http://localhost:8000", "Alongside")


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(answer=ANYTHING | st.text())
def test_reading_anything_is_refused_or_read(answer: object) -> None:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    with pytest.raises(PasskeyRefused):
        passkeys.read_credential(text)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=BYTES | ANYTHING,
    signature=BYTES | ANYTHING,
    attestation=BYTES | ANYTHING | ANYTHING.map(lambda some: to_text(cbor2.dumps(some))),
    kind=st.just("public-key") | ANYTHING,
)
def test_verifying_anything_is_refused(
    data: object, signature: object, attestation: object, kind: object
) -> None:
    client = {"type": "webauthn.get", "challenge": "AAAA", "origin": SITE.origin}
    response = {
        "clientDataJSON": to_text(json.dumps(client).encode()),
        "authenticatorData": data,
        "signature": signature,
        "attestationObject": attestation,
    }
    text = json.dumps({"id": "AAAA", "rawId": "AAAA", "type": kind, "response": response})
    brought = passkeys.read_credential(text)
    with pytest.raises(PasskeyRefused) as made:
        passkeys.verify_new(SITE, brought)
    with pytest.raises(PasskeyRefused) as used:
        passkeys.verify_use(SITE, brought, to_bytes("AAAA"), 0)
    assert made.value.reason is used.value.reason is PasskeyReason.NOT_VERIFIED


@pytest.mark.proves("W14")
def test_printing_what_is_passed_around_shows_nothing_of_a_passkey() -> None:
    client = {"type": "webauthn.get", "challenge": "secret-challenge", "origin": SITE.origin}
    response = {"clientDataJSON": to_text(json.dumps(client).encode()), "userHandle": "c2VjcmV0"}
    brought = passkeys.read_credential(json.dumps({"id": "c2VjcmV0LWlk", "response": response}))
    assert brought.credential_id == "c2VjcmV0LWlk"
    assert "ecret" not in repr(brought)
    assert "c2VjcmV0" not in repr(brought)


def test_asking_needs_no_more_than_a_browser(forum: Forum, robin: Browser) -> None:
    answer = ask(Browser(forum), "sign-in")
    assert answer.headers["Content-Type"] == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    assert set(answer.json()) == {"challenge", "rpId", "timeout", "userVerification", "allowCredentials"}
