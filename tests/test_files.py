"""Files that outlive a power cut: nothing half written stays, and of several who write nobody's line is lost."""

import os
import threading
from pathlib import Path

import pytest

from forum import files


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a file will be."""
    return tmp_path / "lines.jsonl"


def test_lines_are_added_at_the_end(path: Path) -> None:
    for line in (b"one\n", b"two\nthree\n"):
        with files.held(path) as file:
            file.append(line)
    assert path.read_bytes() == files.whole_lines(path) == b"one\ntwo\nthree\n"


@pytest.mark.parametrize("torn", [b"tw", b"a longer line than the one that comes"])
def test_what_a_crash_left_of_a_line_is_cut_off(path: Path, torn: bytes) -> None:
    path.write_bytes(b"one\n" + torn)
    assert files.whole_lines(path) == b"one\n"
    with files.held(path) as file:
        file.append(b"three\n")
    assert path.read_bytes() == b"one\nthree\n"


def test_a_file_that_is_not_there_has_no_lines(path: Path) -> None:
    assert files.whole_lines(path) == b""


def test_content_is_replaced_whatever_a_crash_left(path: Path) -> None:
    path.write_bytes(b"one\n")
    # Not even a link leads anything elsewhere.
    path.with_name("lines.jsonl.new").symlink_to(path)
    with files.held(path) as file:
        file.replace(b"two\n")
    assert path.read_bytes() == b"two\n"
    assert {each.name for each in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}


def test_only_their_owner_may_read_them(path: Path) -> None:
    before = os.umask(0)
    try:
        with files.held(path) as file:
            file.append(b"one\n")
            modes = [path.stat().st_mode & 0o777]
            file.replace(b"two\n")
            modes.append(path.stat().st_mode & 0o777)
    finally:
        os.umask(before)
    assert modes == [0o600, 0o600]
    assert path.with_name("lines.jsonl.lock").stat().st_mode & 0o777 == 0o600


def test_of_several_who_add_and_replace_nobody_loses_a_line(path: Path) -> None:
    together = threading.Barrier(4)

    def write(name: str) -> None:
        together.wait()
        for number in range(25):
            with files.held(path) as file:
                line = f"{name} {number}\n".encode()
                if number % 2:
                    file.append(line)
                else:
                    file.replace(files.whole_lines(path) + line)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{name} {number}" for name in "abcd" for number in range(25)}
    found = path.read_text().splitlines()
    assert (len(found), set(found)) == (100, expected)
