"""What a password costs whoever guesses."""

import subprocess
import sys

import pytest
from argon2 import Type, extract_parameters


@pytest.mark.slow
def test_passwords_cost_what_they_should() -> None:
    """No less than the cheat sheet of OWASP asks: Argon2id with 19 MiB and two passes."""
    script = "from app.access import passwords; print(passwords.hashed('Correct-Horse-7'))"
    hashed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    parameters = extract_parameters(hashed.strip())
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2
