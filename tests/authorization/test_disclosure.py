"""Nobody finds out who is a member by asking: not by looking up, not by searching, not by telling about a post."""

import re

import pytest

from tests.authorization.community import HERE, NOWHERE, STATES
from tests.authorization.conftest import Forum
from tests.authorization.people import STAFF, WHO
from tests.authorization.tables import SECRET
from tests.authorization.test_matrix import as_seen

# A member, a suspended one, and a name of nobody: the answers must be the same.
KNOWN = ("Rowan", "Heath")
UNKNOWN = "Nobody"
LISTS = (
    "/",
    "/categories",
    f"/categories/{HERE}",
    f"/categories/{HERE}?sort=new",
    "/search?q=knees",
    "/treatments",
)


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
            if (kind, state) in SECRET or (who == "visitor" and state == "members only"):
                secret.add(f"/{kind}s/{community.subject(kind, state, who).values[number]}")
    assert len(secret) > 10
    for address in LISTS:
        answer = forum.ask(community.people[who], "GET", address)
        assert answer.status_code == 200
        assert secret & set(re.findall(r"/(?:topic|post)s/[0-9]+", answer.text)) == set(), address
