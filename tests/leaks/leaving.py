"""What leaves the pages of the forum: copies of what is a member's, letters, and the words that the index keeps."""

from collections.abc import Iterator

from sqlalchemy import select

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice
from forum.consequences import CONSEQUENCES, Mailed
from forum.events import AccountNoticeMade, Event
from forum.mail.message import Sender, message_of
from forum.privacy.export_data import tables
from forum.search.engines import engine_of
from forum.search.models import SearchDocument
from tests.leaks import markers as parts
from tests.leaks.markers import Name, found_in
from tests.leaks.stage import Stage
from tests.leaks.surfaces import COPIES, INDEXED, LETTERS
from tests.leaks.walking import difference
from tests.privacy import copies

# What is whose: everything is the author's but what answers them, and the profiles of two others.
_ANSWERS = (parts.REPLY, parts.QUOTING, parts.ELSEWHERE)
_NAMES = (parts.BLOCKED, parts.REACTED)
_OWNERS = {"members": "members' owner", "everyone": "everyone's owner"}


def without_row() -> list[str]:
    """Return the tables of a copy and the letters that nobody gave a row."""
    return [
        *(one.name for one in tables() if one.name not in COPIES),
        *(name for name in (_letter(*one) for one in _mailed()) if name not in LETTERS),
    ]


def copies_of_everybody(stage: Stage) -> list[str]:
    """Have a copy made for everybody, and return what is in one and shouldn't be, or isn't."""
    wrong: list[str] = []
    for who in stage.people:
        assert copies.ask(stage.people[who]).status_code == 303, who
    copies.work(stage.app)
    for number, who in enumerate(stage.people, start=1):
        with copies.fetch(stage.people[who], number) as copy:
            texts = {name: copy.read(name) for name in copy.namelist()}
        pictures = {name for name in stage.picture_files if f"pictures/{name}.webp" in texts}
        everything: frozenset[Name] = frozenset()
        for table, held in COPIES.items():
            wanted = frozenset(name for name in stage.markers if name[0] in held and _owner(name) == who)
            found = _found(stage, texts.get(f"csv/{table}.csv", b""))
            wrong += difference(f"the table {table} of the copy of {who}", found, wanted)
            everything |= wanted
        for file in ("data.json", "index.html"):
            wrong += difference(f"{file} of the copy of {who}", _found(stage, texts[file]), everything)
        theirs = {stage.markers[name] for name in everything if name[0] == parts.PICTURE}
        wrong += [f"a picture in the copy of {who}: {name}" for name in sorted(pictures ^ theirs)]
    return wrong


def _owner(name: Name) -> str:
    part, of = name
    if part in _ANSWERS:
        return "answering" if of == "moderators" else "other"
    return _OWNERS.get(of, "author") if part in parts.OF_PROFILES else "author"


def _found(stage: Stage, content: bytes) -> frozenset[Name]:
    found = found_in(content.decode(), stage.markers, stage.markers)
    # One's own name stands in one's own copy.
    return frozenset(name for name in found if name[0] not in _NAMES)


def letters(stage: Stage) -> list[str]:
    """Have every letter written that follows from something, and return what one says and shouldn't."""
    wrong = []
    for kind, consequence in _mailed():
        name = _letter(kind, consequence)
        with stage.database.transaction() as session:
            letter = consequence.handler(session, _EVENTS[name](stage))
        assert letter is not None, name
        sender = Sender("Community", "hello@forum.invalid", stage.settings.base_url)
        said = found_in(message_of(letter, sender, "key").as_string(), stage.markers, stage.markers)
        wrong += difference(name, said, frozenset(one for one in stage.markers if one[0] in LETTERS[name]))
    return wrong


def _mailed() -> Iterator[tuple[type[Event], Mailed]]:
    for kind, consequences in CONSEQUENCES.items():
        for consequence in consequences:
            if isinstance(consequence, Mailed):
                yield kind, consequence


def _letter(kind: type[Event], consequence: Mailed) -> str:
    return f"{kind.__name__}.{consequence.handler.__name__}"


def _account_notice(stage: Stage) -> Event:
    """Tell the author of their account, and return what the letter follows from."""
    with stage.database.transaction() as session:
        notice = AccountNotice(
            member_id=stage.people["author"].member_id,
            event=AccountEvent.IDENTITY_ADDED,
            provider="facebook",
            made_at=clock.now(),
        )
        session.add(notice)
        session.flush()
        return AccountNoticeMade(notice_id=notice.id)


_EVENTS = {"AccountNoticeMade.letter_about_account": _account_notice}


def index(stage: Stage) -> list[str]:
    """Return what the index keeps and shouldn't, or doesn't and should."""
    with stage.database.reading() as session:
        engine = engine_of(session)
        documents = session.scalars(select(SearchDocument.id)).all()
        kept = " ".join(" ".join(one) for one in engine.kept(session, documents).values())
    wanted = frozenset(name for name in stage.markers if name[0] in INDEXED)
    return difference("the index", found_in(kept, stage.markers, stage.markers), wanted)
