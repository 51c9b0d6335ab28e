"""Looking at every surface as everybody, and saying where it isn't as its row says."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from string import Formatter

from werkzeug.test import TestResponse

from tests.leaks import markers as parts
from tests.leaks.markers import TOPICS, Name, found_in, is_authors
from tests.leaks.rows import Shows, Surface
from tests.leaks.stage import Stage

# The lists of what a search found, and of what would find something where it found nothing.
_FOUND = re.compile(r'<ol class="cards wide".*?</ol>|<ul aria-labelledby="instead".*?</ul>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """An address of a surface as it stands for one topic, for one profile, or for none."""

    surface: Surface
    address: str
    about: str | None


def walk(stage: Stage, surfaces: Iterable[Surface], *, again: Collection[str] = ()) -> list[str]:
    """Look at these surfaces as everybody, and return what shows to whom it shouldn't, or doesn't where it should.

    ``again`` says who looks once more, and that is only where somebody found something the first time: nothing that
    happens lets more be seen.
    """
    wrong = []
    for place in (place for surface in surfaces for place in places_of(stage, surface)):
        for role in place.surface.who:
            wanted = expected(stage, place.surface.shows, role, place.about)
            if again and (role not in again or ((place.address, role) not in stage.seen and not wanted)):
                continue
            found = look(stage, place, role)
            if found:
                stage.seen.add((place.address, role))
            wrong += difference(f"{role} at {place.address}", found, wanted)
    return wrong


def difference(where: str, found: frozenset[Name], wanted: frozenset[Name]) -> list[str]:
    """Return what is found and shouldn't be, and the other way round."""
    return [
        *(f"{where}: {_named(name)} shows" for name in sorted(found - wanted)),
        *(f"{where}: {_named(name)} doesn't show" for name in sorted(wanted - found)),
    ]


def places_of(stage: Stage, surface: Surface) -> Iterator[Place]:
    """Give a surface's addresses: one for each topic or profile that has what is asked for, or one alone."""
    asked = {name for _text, name, _spec, _how in Formatter().parse(surface.address) if name}
    if asked <= {*stage.values}:
        yield Place(surface, surface.address.format_map(stage.values), None)
        return
    for about, own in (*stage.of_topics.items(), *stage.of_profiles.items()):
        values = {**stage.values, **own}
        if all(values.get(name) for name in asked):
            yield Place(surface, surface.address.format_map(values), about)


def look(stage: Stage, place: Place, role: str) -> frozenset[Name]:
    """Open an address as somebody, and return what is found in the answer."""
    surface = place.surface
    answer = stage.ask(
        role, place.address, surface.form, post=surface.form is not None, follow=surface.follow
    )
    assert answer.status_code < 500, f"{role} at {place.address}: {answer.status_code}"
    found = found_in(_text_of(stage, answer, place), stage.markers, stage.markers)
    # One's own name stands on every page.
    return found - {(parts.BLOCKED, "")} if role == "blocked" else found


def _text_of(stage: Stage, answer: TestResponse, place: Place) -> str:
    """Return everything that an answer says. The file of a picture says its name."""
    if (answer.mimetype or "").startswith("image/"):
        name = place.address.rpartition("/")[2]
        return name if answer.data == stage.picture_files.get(name) else ""
    location = answer.headers.get("Location") or ""
    if location.startswith("/log-in"):
        # It says where they wanted to go, and nothing of what is there.
        location = ""
    text = "\n".join((*(one.headers.get("Location", "") for one in answer.history), location))
    said = text + answer.get_data(as_text=True)
    if place.surface.route == "/search":
        return _without_question(said, place.address)
    # Where it isn't the file, it may lead to the log-in page and back to what was asked for.
    return (
        said.replace(place.address.rpartition("/")[2], "") if place.address.startswith("/images/") else said
    )


def _without_question(said: str, address: str) -> str:
    """Return a page of a search without what was asked for, but for what was found and what to try instead.

    All that was typed stands in the box. What is suggested is less of it, and tells that it finds something.
    """
    found = "".join(_FOUND.findall(said))
    said = _FOUND.sub("", said)
    for typed in address.partition("=")[2].split("+"):
        said = said.replace(typed, "")
    return said + found


def expected(stage: Stage, shown: Iterable[Shows], role: str, about: str | None = None) -> frozenset[Name]:
    """Return what shows to somebody, as the tables have it."""
    return frozenset(
        name
        for one in shown
        for name in stage.markers
        if name[0] in one.parts and (about in (None, name[1]) or not name[1])
        if stage.stands_as_to(role, name) in _readers(stage, one, name)
    )


def _readers(stage: Stage, shown: Shows, name: Name) -> Collection[str]:
    """Return who sees this where it shows, after what has happened by now."""
    of, table = name[1], shown.to
    if stage.author_rests and is_authors(name):
        table = shown.at_rest
    elif shown.once_narrower is not None and stage.audience_of(name) is not TOPICS.get(of):
        table = shown.once_narrower
    audience = stage.audience_of(name)
    return table[of if audience is None else audience.value]


def _named(name: Name) -> str:
    part, of = name
    return f"“{part}” of “{of}”" if of else f"the author's “{part}”"
