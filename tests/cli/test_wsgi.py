"""What a server's process has done once it has the application, before its first request."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import ROOT, environment

# The collector's oldest generation is what it walks through while every page waits.
LOOK = """
import gc
import wsgi
kept = len(gc.get_objects(generation=2))
templates = wsgi.app.jinja_env.list_templates(extensions=["html"])
print(gc.get_freeze_count() > 20 * kept, len(templates) == len(wsgi.app.jinja_env.cache))
"""


def test_nothing_that_stays_is_walked_through_again_and_again(tmp_path: Path) -> None:
    """The application with all its templates is loaded, and out of the garbage collector's sight."""
    environ = {
        "PATH": os.environ["PATH"],
        **environment(f"sqlite:///{tmp_path}/never-opened.sqlite3", tmp_path),
    }
    said = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["True", "True"]
