"""What a password costs whoever guesses."""

from argon2 import PasswordHasher, Type, extract_parameters

from app.access import passwords


def test_passwords_cost_what_they_should() -> None:
    """No less than the cheat sheet of OWASP asks: Argon2id with 19 MiB and two passes."""
    parameters = extract_parameters(PasswordHasher(**passwords.COST).hash("Correct-Horse-7"))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) >= (19 * 1024, 2)
