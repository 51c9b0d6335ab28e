"""Every document of the forum, its style sheet and its pictures are written as the standards say."""

import os
import tarfile
from pathlib import Path

import pytest

from forum.web import static_files
from tests.every_page import Community
from tests.fetched import HTML_CHECKER, NotWhatWasPinned
from tests.html import checker
from tests.html.checker import Message, messages_about
from tests.html.documents import REFUSED_WITH, documents

# One worker opens all pages, and one run of the checker looks at all of them.
pytestmark = pytest.mark.xdist_group("html")

BROKEN = {
    "broken.html": (
        '<!doctype html><html lang="en"><title>Broken</title>'
        '<p id="one">First<p id="one">Second<button><a href="/">Inside</a></button>'
    ),
    "broken.css": "p { colour: red }",
    "broken.svg": '<svg xmlns="http://www.w3.org/2000/svg"><circle radius="none"/></svg>',
}
# What the checker doesn't know or takes for a slip, each with the reason why it stays.
KNOWN: dict[str, str] = {}


@pytest.fixture(scope="module")
def said(community: Community, tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    """What the checker says about everything, and about three files that are broken on purpose."""
    if missing := checker.what_is_missing():
        # Where it could be had, CI has to have it: else nobody would notice that nothing is checked any more.
        if os.environ.get("CI") and checker.is_a_fault_of_the_set_up():
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("documents")
    found = documents(community)
    assert {one.status for one in found} >= {200, *REFUSED_WITH}
    for number, one in enumerate(found):
        (folder / f"{number:03}-{one.file_name}.html").write_text(one.html)
    for path in static_files.FOLDER.iterdir():
        if path.suffix in (".css", ".svg"):
            (folder / path.name).write_bytes(path.read_bytes())
    for name, text in BROKEN.items():
        (folder / name).write_text(text)
    return messages_about(folder)


def test_every_document_is_as_the_standards_say(said: list[Message]) -> None:
    found = [
        str(one) for one in said if one.file not in BROKEN and not any(known in one.words for known in KNOWN)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("file", BROKEN)
def test_what_is_broken_is_seen(said: list[Message], file: str) -> None:
    assert "error" in {one.kind for one in said if one.file == file}


def test_another_package_under_the_same_name_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "vnu.jar").write_text("Something else.")
    with tarfile.open(tmp_path / "packed.tgz", "w:gz") as archive:
        archive.add(tmp_path / "vnu.jar", HTML_CHECKER.inside)
    with pytest.raises(NotWhatWasPinned):
        HTML_CHECKER.unpack(tmp_path / "packed.tgz", tmp_path / "taken.jar")
    assert not (tmp_path / "taken.jar").exists()
