"""The settings of the place where pictures lie: whole and reached in private, or not there."""

import sys
from pathlib import Path

import pytest

from config import Settings
from tests.config.test_settings import Environ, production, refused

BUCKET = {
    "S3_ENDPOINT": "https://s3.example.org",
    "S3_BUCKET": "pictures-of-ours",
    "S3_REGION": "here-1",
    "S3_KEY_ID": "the-key-id",
    "S3_SECRET": "a secret of the bucket that nobody may see",
}


@pytest.mark.proves("W16")
def test_a_bucket_is_whole_and_reached_in_private_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ: Environ = production(tmp_path)
    whole = {f"ALONGSIDE_{name}": value for name, value in BUCKET.items()}
    made = Settings.from_environ(environ | whole)
    assert made.s3_bucket == "pictures-of-ours"
    assert BUCKET["S3_SECRET"] not in repr(made)
    for name in BUCKET:
        without = {key: value for key, value in whole.items() if key != f"ALONGSIDE_{name}"}
        assert refused(environ | without).startswith(f"ALONGSIDE_{name} is not set")
    for endpoint in (
        "http://s3.example.org",
        "s3.example.org",
        "https://",
        "https://a b",
        "https://s3.example.org?x=1",
    ):
        assert refused(environ | whole | {"ALONGSIDE_S3_ENDPOINT": endpoint}).startswith(
            "ALONGSIDE_S3_ENDPOINT "
        )
    here = {"ALONGSIDE_S3_ENDPOINT": "http://127.0.0.1:9000"}
    assert Settings.from_environ(environ | whole | here).s3_bucket
    for bucket in ("a/b", "..", "Pictures", "x"):
        assert refused(environ | whole | {"ALONGSIDE_S3_BUCKET": bucket}).startswith("ALONGSIDE_S3_BUCKET ")
    again = {"ALONGSIDE_S3_SECRET": environ["ALONGSIDE_BAN_KEYS"]}
    assert "must not be the same" in refused(environ | whole | again)
    # None in the table of modules is Python's own way to say that one can't be had.
    monkeypatch.setitem(sys.modules, "obstore", None)
    assert '"s3"' in refused(environ | whole)
