"""Settings under which mail is sent: each letter is a file."""

from dataclasses import replace

import pytest

from app.settings import Settings


@pytest.fixture
def mailing(settings: Settings) -> Settings:
    return replace(settings, environment="development", public_url="https://shop.example")
