"""Passwords: hashed with Argon2id, at most two at a time, so that a burst of logins cannot eat the machine."""

import re
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.access.errors import WeakPassword

LENGTH_MIN, LENGTH_MAX = 8, 128
# The parameters of the OWASP cheat sheet: 19 MiB, two passes, one lane.
PASSES, MEMORY_KIB = 2, 19 * 1024
_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
_turn = threading.BoundedSemaphore(2)
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    with _turn:
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. It takes as long for somebody who has none."""
    with _turn:
        try:
            return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


def rehashed(password_hash: str | None, password: str) -> str | None:
    """The password hashed anew, if it was hashed with other parameters."""
    return hashed(password) if password_hash is not None and needs_rehash(password_hash) else None


def chosen(password: str) -> str:
    """The hash of a password that somebody has chosen. Raises WeakPassword."""
    require_strong(password)
    return hashed(password)


def require_strong(password: str) -> None:
    """Open Loyalty's advanced rule. Raises WeakPassword with the first thing that is missing."""
    if len(password) < LENGTH_MIN:
        raise WeakPassword(f"Your password must be at least {LENGTH_MIN} characters long.", field="password")
    if len(password) > LENGTH_MAX:
        raise WeakPassword(f"Your password must be at most {LENGTH_MAX} characters long.", field="password")
    if not re.search(r"[^\W\d_]", password):
        raise WeakPassword("Your password must include at least one letter.", field="password")
    if password.lower() == password or password.upper() == password:
        raise WeakPassword("Your password must include both upper and lower case letters.", field="password")
    if not re.search(r"\d", password):
        raise WeakPassword("Your password must include at least one number.", field="password")
    if not re.search(r"[\W_]", password):
        raise WeakPassword("Your password must contain at least one special character.", field="password")
