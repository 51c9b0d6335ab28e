"""The Nu Html Checker, pinned: how it is fetched, where it lies, and what it says of a folder of files.

``python -m tests.html.checker`` fetches it by its name, once; tests themselves reach nothing.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

NAME, VERSION = "vnu-jar", "26.9.27"
INTEGRITY = "sha512-TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA=="
INSIDE = "package/build/dist/vnu.jar"
JAR = Path(__file__).resolve().parents[2] / ".tools" / f"{NAME}-{VERSION}.jar"


class NotWhatWasPinned(Exception):
    """What came under the name isn't what was looked at when the version was pinned."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the checker says about a file. ``kind`` is error, warning, info, or says that it could not check at all."""

    file: str
    kind: str
    line: int
    words: str
    extract: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.words} | {self.extract}"


def what_is_missing() -> str:
    """Return the sentence that says why files can't be checked here; empty where they can."""
    if not shutil.which("java"):
        return "No Java on PATH, which the HTML checker runs on."
    if not JAR.exists():
        return "The HTML checker isn't there: make html-checker fetches it."
    return ""


def is_a_fault_of_the_set_up() -> bool:
    """Say whether everything it takes to have the checker is on this machine."""
    return bool(shutil.which("java") and shutil.which("npm"))


def fetch() -> None:
    """Put the checker into its place, unless it is there. Raises NotWhatWasPinned."""
    if JAR.exists():
        return
    JAR.parent.mkdir(exist_ok=True)
    # Beside its place, so that moving it there is one step and no half of it is ever taken for the whole.
    with tempfile.TemporaryDirectory(dir=JAR.parent) as name:
        folder = Path(name)
        subprocess.run(
            ["npm", "pack", "--silent", f"{NAME}@{VERSION}"],
            cwd=folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        (packed,) = folder.glob("*.tgz")
        unpack(packed, folder / JAR.name)
        (folder / JAR.name).replace(JAR)


def unpack(packed: Path, jar: Path) -> None:
    """Take the checker out of its package. Raises NotWhatWasPinned, and writes nothing then."""
    digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise NotWhatWasPinned(f"{NAME} {VERSION} is sha512-{digest}, and not {INTEGRITY}.")
    with tarfile.open(packed) as archive:
        member = archive.extractfile(INSIDE)
        assert member is not None
        jar.write_bytes(member.read())


def messages_about(folder: Path) -> list[Message]:
    """Return what the checker has to say about the HTML, CSS and SVG files in a folder, in one run."""
    done = subprocess.run(
        [
            "java",
            # Short runs are over before more threads or a better compiler have paid.
            *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss2m"),
            *("-jar", str(JAR)),
            *("--format", "json", "--stdout", "--exit-zero-always"),
            *("--also-check-css", "--also-check-svg", str(folder)),
        ],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [
        Message(
            file=Path(said.get("url", "")).name,
            kind=said.get("subType") or said["type"],
            line=said.get("lastLine", 0),
            words=said["message"],
            extract=" ".join(said.get("extract", "").split()),
        )
        for said in json.loads(done.stdout)["messages"]
    ]


if __name__ == "__main__":
    try:
        fetch()
    except (NotWhatWasPinned, OSError, subprocess.CalledProcessError) as trouble:
        sys.exit(f"The HTML checker could not be fetched: {trouble}")
