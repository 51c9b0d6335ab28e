"""Who may do what: every action against everybody, spelt out, so that no change of a rule goes unseen."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from forum.errors import Forbidden, SignInFirst
from forum.permissions import documentation
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, VISITOR, Actor, MemberId, MemberState, Purpose, Role
from forum.permissions.check import can, require
from forum.permissions.table import TABLE

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rules ask about a topic or a post."""

    author_id: int | None
    locked: bool
    # 5 is the category moderator's, 6 is not.
    category_id: int = 5
    other_category_id: int | None = None
    # Where the subject is a member: who, and what they were trusted with.
    id: int = 2
    role: Role = Role.MEMBER
    # Where it is a request: who made it.
    asked_by: UUID | None = None


MEMBER = Actor(member_id=MemberId(1), uuid=UUID(int=1), name="Wren")

CAST = {
    "visitor": VISITOR,
    "member": MEMBER,
    "suspended": replace(MEMBER, is_suspended=True),
    "paused": replace(MEMBER, state=MemberState.PAUSED),
    "leaving": replace(MEMBER, state=MemberState.LEAVING),
    "without consent": replace(MEMBER, missing_consents=frozenset({Purpose.HEALTH_DATA})),
    "without terms": replace(MEMBER, missing_consents=frozenset({Purpose.MEMBERSHIP})),
    "peer supporter": replace(MEMBER, role=Role.PEER_SUPPORTER),
    "category moderator": replace(MEMBER, role=Role.CATEGORY_MODERATOR, category_ids=frozenset({5})),
    "moderator": replace(MEMBER, role=Role.MODERATOR),
    "administrator": replace(MEMBER, role=Role.ADMINISTRATOR),
    "waiting": replace(MEMBER, state=MemberState.WAITING),
    "turned away": replace(MEMBER, state=MemberState.TURNED_AWAY),
    "restricted": replace(MEMBER, state=MemberState.RESTRICTED),
    "has to agree again": replace(MEMBER, has_to_agree_again=True),
    "member while read-only": replace(MEMBER, site_is_read_only=True),
    "moderator while read-only": replace(MEMBER, role=Role.MODERATOR, site_is_read_only=True),
    "operator": OPERATOR,
    "moderator who has to agree again": replace(MEMBER, role=Role.MODERATOR, has_to_agree_again=True),
    "administrator who has to agree again": replace(MEMBER, role=Role.ADMINISTRATOR, has_to_agree_again=True),
    "suspended moderator": replace(MEMBER, role=Role.MODERATOR, is_suspended=True),
}
EVERYBODY = set(CAST)
MEMBERS = EVERYBODY - {"visitor", "operator"}
MODERATORS = {"moderator", "moderator while read-only", "administrator"}
STAFF = {"category moderator"} | MODERATORS
WRITERS = {"member", "peer supporter"} | STAFF
# Who may keep something for themselves that says something about their health.
KEEPERS = MEMBERS - {"paused", "leaving", "waiting", "turned away", "without consent", "without terms"}
ADMINISTRATORS = {"administrator"}
RUNNING = {"administrator", "operator"}
# Who may look on also while they have to agree to what changed: that is reading.
LOOKING_ON = MODERATORS | {"moderator who has to agree again", "administrator who has to agree again"}
NOBODY: set[str] = set()

SUBJECTS = {
    "own": Subject(author_id=1, locked=False),
    "own, locked": Subject(author_id=1, locked=True),
    "another's": Subject(author_id=2, locked=False),
    "another's, locked": Subject(author_id=2, locked=True),
    "the community's": Subject(author_id=None, locked=False),
    "in another category": Subject(author_id=2, locked=False, category_id=6),
    "for two categories": Subject(author_id=2, locked=False, other_category_id=6),
    "oneself": Subject(author_id=2, locked=False, id=1, asked_by=UUID(int=1)),
    "a moderator": Subject(author_id=2, locked=False, role=Role.MODERATOR),
}
OTHERS = (
    "another's",
    "the community's",
    "in another category",
    "for two categories",
    "oneself",
    "a moderator",
)

# For each action and each subject: who may.
EXPECTED: dict[Action, dict[str, set[str]]] = {
    Action.TOPIC_START: dict.fromkeys(SUBJECTS, WRITERS),
    Action.POST_PUBLISH: {
        **dict.fromkeys(("own", *OTHERS), WRITERS),
        **dict.fromkeys(("own, locked", "another's, locked"), NOBODY),
    },
    Action.POST_EDIT: {
        **dict.fromkeys(SUBJECTS, NOBODY),
        "own": WRITERS,
    },
    **{
        action: {**dict.fromkeys(SUBJECTS, NOBODY), "own": MEMBERS, "own, locked": MEMBERS}
        for action in (Action.POST_DELETE, Action.POST_PURGE)
    },
    Action.POST_REACT: {
        **dict.fromkeys((*OTHERS, "another's, locked"), WRITERS),
        **dict.fromkeys(("own", "own, locked"), NOBODY),
    },
    Action.REACTION_TAKE_BACK: dict.fromkeys(SUBJECTS, MEMBERS),
    Action.TOPIC_EDIT: {**dict.fromkeys(SUBJECTS, NOBODY), "own": WRITERS},
    Action.TOPIC_NARROW: {**dict.fromkeys(SUBJECTS, NOBODY), "own": MEMBERS, "own, locked": MEMBERS},
    Action.IMAGE_ADD: dict.fromkeys(SUBJECTS, WRITERS),
    **{
        action: dict.fromkeys(SUBJECTS, KEEPERS)
        for action in (Action.DRAFT_KEEP, Action.POST_BOOKMARK, Action.TOPIC_WATCH, Action.CATEGORY_WATCH)
    },
    Action.WATCH_END: dict.fromkeys(SUBJECTS, MEMBERS),
    Action.MEMBER_BLOCK: {**dict.fromkeys(SUBJECTS, MEMBERS), "oneself": NOBODY},
    Action.MEMBERS_LIST: dict.fromkeys(SUBJECTS, MEMBERS - {"waiting", "turned away"}),
    Action.PROFILE_CHANGE: dict.fromkeys(SUBJECTS, WRITERS),
    Action.PROFILE_NARROW: dict.fromkeys(SUBJECTS, MEMBERS),
    Action.ACCOUNT_RENAME: dict.fromkeys(
        SUBJECTS, MEMBERS - {"suspended", "suspended moderator", "turned away"}
    ),
    Action.ACCOUNT_RESTRICT: dict.fromkeys(SUBJECTS, MEMBERS),
    Action.REPORT_RAISE: dict.fromkeys(SUBJECTS, EVERYBODY),
    **{
        action: {**dict.fromkeys(SUBJECTS, STAFF), "in another category": MODERATORS}
        for action in (
            Action.TOPIC_LOCK,
            Action.TOPIC_PIN,
            Action.TOPIC_UNPIN,
            Action.TOPIC_MOVE,
            Action.TOPIC_HIDE,
            Action.TOPIC_REMOVE,
            Action.TOPIC_SPLIT,
            Action.POST_HIDE,
            Action.POST_REMOVE,
            Action.REPORT_CLAIM,
            Action.REPORT_LET_GO,
            Action.REPORT_CLOSE,
        )
    },
    # What was decided about one's own words is for somebody else to undo, administrators included.
    **{
        action: {
            **dict.fromkeys(SUBJECTS, STAFF),
            "in another category": MODERATORS,
            "own": NOBODY,
            "own, locked": NOBODY,
        }
        for action in (Action.TOPIC_UNLOCK, Action.TOPIC_RESTORE, Action.POST_RESTORE)
    },
    Action.TOPIC_MERGE: {
        **dict.fromkeys(SUBJECTS, STAFF),
        "in another category": MODERATORS,
        "for two categories": MODERATORS,
    },
    **{
        action: dict.fromkeys(SUBJECTS, STAFF | LOOKING_ON)
        for action in (Action.MODERATE, Action.REPORT_LIST, Action.LOG_READ)
    },
    Action.MEMBER_LOOK_UP: dict.fromkeys(SUBJECTS, LOOKING_ON),
    Action.MEMBER_LET_IN: dict.fromkeys(SUBJECTS, MODERATORS),
    **{
        action: {**dict.fromkeys(SUBJECTS, MODERATORS), "oneself": NOBODY, "a moderator": ADMINISTRATORS}
        for action in (
            Action.MEMBER_SUSPEND,
            Action.MEMBER_PROFILE_CLEAR,
            Action.MEMBER_TURN_AWAY,
            Action.MEMBER_NOTE,
        )
    },
    # The operator, too: administrators who suspended each other could not end it.
    Action.MEMBER_UNSUSPEND: {
        **dict.fromkeys(SUBJECTS, MODERATORS | {"operator"}),
        "oneself": {"operator"},
        "a moderator": RUNNING,
    },
    **{
        action: dict.fromkeys(SUBJECTS, RUNNING)
        for action in (
            Action.SETTINGS_CHANGE,
            Action.ROLE_CHANGE,
            Action.CATEGORY_CHANGE,
            Action.HEALTH_TERM_CHANGE,
            Action.TREATMENT_PUBLISH,
            Action.HELPLINES_CHANGE,
            Action.COMMUNITY_TOPIC_START,
        )
    },
    # A policy that nobody can agree to must not keep the one away who can put it right.
    Action.POLICY_PUBLISH: dict.fromkeys(SUBJECTS, RUNNING | {"administrator who has to agree again"}),
    # The operator is nobody in particular, and two have to stand by a hold.
    Action.HOLD_ASK: dict.fromkeys(SUBJECTS, ADMINISTRATORS),
    Action.HOLD_CONFIRM: {**dict.fromkeys(SUBJECTS, ADMINISTRATORS), "oneself": NOBODY},
    # Whoever has the code has the account, so no administrator gives one out.
    Action.RECOVERY_CODE_GIVE: {subject: {"operator"} for subject in SUBJECTS},
}

ALL = [(action, subject) for action in Action for subject in SUBJECTS]


def test_every_action_has_a_row_and_an_expectation() -> None:
    assert set(TABLE) == set(Action) == set(EXPECTED)
    assert all(set(row) == set(SUBJECTS) for row in EXPECTED.values())


def test_an_actions_name_follows_the_grammar() -> None:
    for action in Action:
        assert len(action.value.split(":")) == 3


@pytest.mark.parametrize(("action", "subject"), ALL)
def test_exactly_those_may_who_should(action: Action, subject: str) -> None:
    found = {name for name, actor in CAST.items() if can(actor, action, SUBJECTS[subject])}
    assert found == EXPECTED[action][subject]


@pytest.mark.parametrize(("action", "subject"), ALL)
def test_a_button_and_a_command_say_the_same_sentence(action: Action, subject: str) -> None:
    for actor in CAST.values():
        verdict = can(actor, action, SUBJECTS[subject])
        if verdict:
            assert verdict.reason == ""
            require(actor, action, SUBJECTS[subject])
            continue
        assert verdict.reason[0].isupper()
        assert verdict.reason.endswith(".")
        kind = Forbidden if actor.is_member else SignInFirst
        with pytest.raises(kind) as refusal:
            require(actor, action, SUBJECTS[subject])
        assert refusal.value.reason == verdict.reason


@pytest.mark.parametrize(
    ("who", "action", "subject", "beginning"),
    [
        ("visitor", Action.POST_PUBLISH, "own", "Log in first."),
        ("visitor", Action.POST_DELETE, "the community's", "Log in first."),
        ("visitor", Action.REPORT_LIST, "own", "Log in first."),
        ("suspended", Action.POST_PUBLISH, "own, locked", "Your account is suspended,"),
        ("suspended moderator", Action.REPORT_LIST, "own", "Your account is suspended,"),
        ("paused", Action.TOPIC_START, "own", "Your account is paused,"),
        ("leaving", Action.TOPIC_START, "own", "Your account is paused,"),
        ("restricted", Action.TOPIC_START, "own", "You asked that what is yours be kept"),
        ("has to agree again", Action.TOPIC_START, "own", "Our policies changed"),
        ("moderator who has to agree again", Action.POST_HIDE, "another's", "Our policies changed"),
        (
            "moderator who has to agree again",
            Action.MEMBER_NOTE,
            "oneself",
            "Nobody can do this to themselves",
        ),
        ("administrator who has to agree again", Action.SETTINGS_CHANGE, "own", "Our policies changed"),
        ("administrator who has to agree again", Action.HOLD_ASK, "own", "Our policies changed"),
        ("suspended", Action.ACCOUNT_RENAME, "own", "Your account is suspended,"),
        ("administrator", Action.HOLD_CONFIRM, "oneself", "You asked for this yourself."),
        ("without consent", Action.TOPIC_START, "own", "You have not agreed"),
        ("without terms", Action.POST_EDIT, "own", "You have not agreed"),
        ("member", Action.POST_EDIT, "another's", "Only the person who wrote this"),
        ("member", Action.POST_EDIT, "own, locked", "This topic is closed to replies,"),
        ("member", Action.POST_PUBLISH, "another's, locked", "This topic is closed to replies,"),
        ("moderator", Action.POST_DELETE, "another's", "Only the person who wrote this"),
        ("peer supporter", Action.REPORT_LIST, "own", "Only moderators"),
        ("administrator", Action.TOPIC_RESTORE, "own", "This is your own. Somebody else must look"),
    ],
)
def test_the_first_reason_that_matters_is_given(
    who: str, action: Action, subject: str, beginning: str
) -> None:
    assert can(CAST[who], action, SUBJECTS[subject]).reason.startswith(beginning)


def test_a_visitor_is_nobodys_author() -> None:
    assert not can(VISITOR, Action.POST_DELETE, Subject(author_id=None, locked=False))
    assert not replace(VISITOR, role=Role.ADMINISTRATOR).is_staff


def test_only_who_was_let_in_reads_as_a_member() -> None:
    reading = {name for name, actor in CAST.items() if actor.reads_as_member}
    assert EVERYBODY - reading == {"visitor", "operator", "waiting", "turned away"}


def test_only_moderators_in_good_standing_work_as_moderators() -> None:
    assert {name for name, actor in CAST.items() if actor.works_as_staff} == STAFF | LOOKING_ON
    for role in (Role.CATEGORY_MODERATOR, Role.MODERATOR, Role.ADMINISTRATOR):
        for state in set(MemberState) - {MemberState.ACTIVE}:
            assert not replace(MEMBER, role=role, state=state).works_as_staff


def test_categories_count_only_for_category_moderators() -> None:
    for role in (Role.MEMBER, Role.PEER_SUPPORTER):
        assert not replace(MEMBER, role=role, category_ids=frozenset({5})).moderates(5)


def test_every_gate_of_moderators_can_be_asked_without_a_subject(app: Flask) -> None:
    declared = (getattr(view, "staff_action", None) for view in app.view_functions.values())
    gates = {action for action in declared if isinstance(action, Action)}
    assert Action.MODERATE in gates
    for action in gates:
        for actor in CAST.values():
            assert can(actor, action).allowed == can(actor, action, SUBJECTS["another's"]).allowed


# --- the document ----------------------------------------------------------------------------------------


def test_the_document_has_one_row_an_action_with_its_rule() -> None:
    lines = documentation.as_markdown().splitlines()
    for action in Action:
        assert lines.count(f"| `{action.value}` | {TABLE[action].name} |") == 1
    assert sum(line.startswith("| `") for line in lines) == len(Action)


def test_the_document_says_who_in_english() -> None:
    text = documentation.as_markdown()
    assert "| `moderation:report:raise` | anyone |" in text
    assert "| `community:post:delete` | a member and their own |" in text


def test_the_document_is_printed_by_its_module() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "forum.permissions.documentation"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert printed.stdout == documentation.as_markdown()
    assert printed.stderr == ""
