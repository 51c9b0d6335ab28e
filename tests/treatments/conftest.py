"""What the tests of treatments share: the shipped page, published, with its address."""

import pytest
from flask import Flask

from tests.site.texts import publish_texts


@pytest.fixture
def implants(app: Flask) -> str:
    """Publish the shipped texts, and return the address of the page on intrathecal implants."""
    publish_texts(app)
    return "/treatments/intrathecal-implants"
