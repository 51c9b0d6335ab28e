"""Nobody finds out who is a member by asking: not by looking up, not by searching, not by telling about a post."""

import re

import pytest

from tests.authorization.community import HERE, NOWHERE
from tests.authorization.conftest import Forum
from tests.authorization.people import SHARING, STAFF, WHO
from tests.authorization.states import STATES
from tests.authorization.tables import SECRET
from tests.authorization.test_matrix import as_seen

# A member, a suspended one, and a name of nobody: the answers must be the same.
KNOWN = ("Rowan", "Yarrow")
UNKNOWN = "Numbat"
LISTS = (
    "/",
    "/categories",
    f"/categories/{HERE}",
    f"/categories/{HERE}?sort=new",
    "/search?q=knees",
    "/treatments",
)
# These are the visitor's, whoever asks.
MACHINES = (
    "/feeds/latest.atom",
    f"/feeds/categories/{HERE}.atom",
    "/feeds/treatments/intrathecal-implants.atom",
    "/sitemap/topics-1.xml",
)
# Who waits and who rests.
HIDDEN = ("Fern", "Clover")


@pytest.mark.proves("W6")
@pytest.mark.parametrize("who", [who for who in WHO if who not in ("moder", "admin")])
@pytest.mark.parametrize(
    "address",
    [
        "/moderation/members?name={name}",
        "/moderation/members/{name}",
        "/moderation/members/{name}/suspend",
        "/moderation/log?member={name}",
        "/moderation/log?who={name}",
        "/search?q={name}",
    ],
)
def test_a_name_is_answered_like_one_that_nobody_has(forum: Forum, address: str, who: str) -> None:
    person = forum.community.people[who]
    seen = {}
    for name in (*KNOWN, UNKNOWN):
        filled = address.format(name=name)
        status, headers, text = as_seen(forum.ask(person, "GET", filled), filled)
        plain = [(key, value.replace(name, "(name)")) for key, value in headers]
        seen[name] = (status, plain, text.replace(name, "(name)"))
    told = [name for name in KNOWN if seen[name] != seen[UNKNOWN]]
    assert told == []


@pytest.mark.proves("W6")
@pytest.mark.parametrize("who", [who for who in WHO if who not in STAFF])
@pytest.mark.parametrize("address", ["/search?q=by:{name}", "/search?q=knees+by:{name}"])
def test_whose_posts_are_hidden_is_looked_for_like_nobody(forum: Forum, address: str, who: str) -> None:
    shown = forum.ask(forum.community.people[who], "GET", address.format(name="Rowan")).text
    assert "/topics/" in shown
    seen = set()
    for name in (*HIDDEN, UNKNOWN, *(("Wren",) if who != "visitor" else ())):
        filled = address.format(name=name)
        answer = forum.ask(forum.community.people[who], "GET", filled)
        status, _headers, text = as_seen(answer, filled)
        seen.add((status, text.replace(name, "(name)")))
    assert len(seen) == 1


@pytest.mark.proves("W4")
@pytest.mark.parametrize("who", ["member", "here", "admin"])
def test_the_list_of_members_has_nobody_whom_its_reader_does_not_meet(forum: Forum, who: str) -> None:
    listed = forum.ask(forum.community.people[who], "GET", "/members").text
    assert "Rowan" in listed
    # Wren blocked them, and that goes for whoever moderates, too. Yarrow is suspended.
    assert [name for name in (*HIDDEN, "Wren", "Yarrow") if name in listed] == []


@pytest.mark.proves("W6")
@pytest.mark.parametrize("told", ["worry", "report"])
def test_telling_about_a_post_says_nothing_about_its_author(forum: Forum, told: str) -> None:
    # Whether the author is suspended, paused or gone, and what became of other reports: none of it is answered.
    person = forum.community.people["member"]
    posts = [forum.community.subject("post", state, "member") for state in ("other's", "locked")]
    form = {"text": ""} if told == "worry" else {"text": "", "reason": "harassment"}
    seen = []
    for subject in posts:
        address = f"/posts/{subject.values['post_id']}/{told}"
        seen.append(as_seen(forum.ask(person, "POST", address, form), address))
        forum.put_back()
        assert seen[-1][0] == 303
    assert seen[0] == seen[1]
    hidden, nowhere = (
        forum.community.subject("post", state, "member").values["post_id"]
        for state in ("author paused", "nowhere")
    )
    refused = []
    for post_id in (hidden, nowhere):
        address = f"/posts/{post_id}/{told}"
        refused.append(as_seen(forum.ask(person, "POST", address, form), address))
    assert refused[0] == refused[1]
    assert refused[0][0] == 404


@pytest.mark.proves("W4")
@pytest.mark.parametrize("step", ["preview", "act"])
def test_joining_topics_tells_nothing_of_other_categories(forum: Forum, step: str) -> None:
    community = forum.community
    nothing = community.subject("nothing", "", "here")
    address = f"/moderation/topics/{nothing.values['topic_id']}/merge"
    seen = []
    for target in (str(nothing.names["hidden elsewhere"]), str(NOWHERE)):
        form = {"seen": "0", "step": step, "text": "", "reason": "same-subject", "target": target}
        answer = forum.ask(community.people["here"], "POST", address, form)
        status, headers, text = as_seen(answer, address)
        seen.append((status, headers, text.replace(target, "(target)")))
    assert seen[0] == seen[1]
    assert seen[0][0] == 422


@pytest.mark.proves("W4")
@pytest.mark.parametrize("who", [who for who in WHO if who not in STAFF])
def test_no_list_leads_to_what_somebody_may_not_know_of(forum: Forum, who: str) -> None:
    community, secret = forum.community, set()
    for kind, number in (("topic", "topic_id"), ("post", "post_id")):
        for state in STATES[kind]:
            if (kind, state) in SECRET or _is_not_theirs(kind, state, who):
                secret.add(f"/{kind}s/{community.subject(kind, state, who).values[number]}")
    assert len(secret) > 10
    for address in LISTS:
        answer = forum.ask(community.people[who], "GET", address)
        assert answer.status_code == 200
        assert secret & set(re.findall(r"/(?:topic|post)s/[0-9]+", answer.text)) == set(), address


@pytest.mark.proves("W4")
@pytest.mark.parametrize("who", ["visitor", "support", "admin"])
def test_machines_outside_get_what_a_visitor_finds_whoever_asks(forum: Forum, who: str) -> None:
    community = forum.community
    shown = community.subject("topic", "other's", who).values["topic_id"]
    secret = {
        f"/topics/{community.subject('topic', state, 'visitor').values['topic_id']}"
        for state in STATES["topic"]
        if ("topic", state) in SECRET or _is_not_theirs("topic", state, "visitor")
    }
    for address in MACHINES:
        answer = forum.ask(community.people[who], "GET", address)
        assert answer.status_code == 200
        found = set(re.findall(r"/topics/[0-9]+", answer.text))
        assert secret & found == set(), address
        assert (f"/topics/{shown}" in found) == ("treatments" not in address), address
        assert [name for name in (*KNOWN, *HIDDEN, "Marlow", "Wren") if name in answer.text] == []


def _is_not_theirs(kind: str, state: str, who: str) -> bool:
    """Say of what some members read, and others don't, whether it is nothing for these."""
    match state:
        case "members only":
            return who == "visitor"
        case "same condition":
            return who not in SHARING or who in ("waiting", "paused")
        case "author blocked them":
            # Whoever comes to a topic that such a person began finds the lines of the others; no list leads there.
            return kind == "topic" and who != "visitor"
    return False
