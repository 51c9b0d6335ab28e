"""What some tests use and the project doesn't carry: files of npm packages, pinned, fetched by name, once.

``python -m tests.fetched`` (``make test-tools``) puts them into ``.tools``; tests themselves reach nothing, and skip
without them. In CI, where there is npm, that they are missing is a fault of the set-up.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1] / ".tools"


class NotWhatWasPinned(Exception):
    """What came under the name isn't what was looked at when the version was pinned."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file of a package, and where it lies once it was fetched."""

    name: str
    version: str
    integrity: str
    inside: str

    @property
    def path(self) -> Path:
        """Return where the file lies."""
        return TOOLS / f"{self.name}-{self.version}{Path(self.inside).suffix}"

    def fetch(self) -> None:
        """Put the file into its place, unless it is there. Raises NotWhatWasPinned."""
        if self.path.exists():
            return
        TOOLS.mkdir(exist_ok=True)
        # Beside its place, so that moving it there is one step and no half of it is ever taken for the whole.
        with tempfile.TemporaryDirectory(dir=TOOLS) as name:
            folder = Path(name)
            subprocess.run(
                ["npm", "pack", "--silent", f"{self.name}@{self.version}"],
                cwd=folder,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            (packed,) = folder.glob("*.tgz")
            self.unpack(packed, folder / self.path.name)
            (folder / self.path.name).replace(self.path)

    def unpack(self, packed: Path, file: Path) -> None:
        """Take the file out of its package. Raises NotWhatWasPinned, and writes nothing then."""
        digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != self.integrity:
            raise NotWhatWasPinned(f"{self.name} {self.version} is sha512-{digest}, not {self.integrity}.")
        with tarfile.open(packed) as archive:
            member = archive.extractfile(self.inside)
            assert member is not None
            file.write_bytes(member.read())


HTML_CHECKER = Fetched(
    "vnu-jar",
    "26.9.27",
    "sha512-TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA==",
    "package/build/dist/vnu.jar",
)
COMMONMARK = Fetched(
    "commonmark-spec",
    "0.31.2",
    "sha512-vXKxmclzJPymhOJYD26G0oBjVmIcKC8p5m2DvHIq1A1btr1m0r0dT/PzRA5/nwxUbCAPedMNPEoiQE+zvuOcOw==",
    "package/spec.txt",
)


def npm_is_there() -> bool:
    """Say whether they can be fetched on this machine."""
    return bool(shutil.which("npm"))


if __name__ == "__main__":
    try:
        for one in (HTML_CHECKER, COMMONMARK):
            one.fetch()
    except (NotWhatWasPinned, OSError, subprocess.CalledProcessError) as trouble:
        sys.exit(f"What some tests use could not be fetched: {trouble}")
