"""Every reason for not coming in."""

from app.refusal import Conflicting, Malformed, Missing, NotProven


class SellerNotFound(Missing):
    message = "There is no such seller."


class AdminNotFound(Missing):
    message = "There is no such admin."


class MayNotChangeAdmin(NotProven):
    message = "This admin acts for chains that you may not write for."


class RoleNotFound(Missing):
    message = "There is no such role."


class RoleInUse(Conflicting):
    message = "Admins have this role: give them another one first."


class MayNotGiveMore(NotProven):
    message = "Your own roles do not permit all of this, so you cannot give it, nor take it."


class NotPermitted(NotProven):
    message = "Your roles do not permit this."


class MayNotMovePoints(NotProven):
    message = "You may not add or spend customers' points."


class WeakPassword(Malformed):
    message = "The password is too easy to guess."


class WeakApiKey(Malformed):
    message = (
        "A key has at least 32 signs of ASCII without blanks, made by chance: whoever guesses it acts as the admin."
    )


class WrongPassword(NotProven):
    message = "This is not the current password."


class BadCredentials(NotProven):
    message = "Bad credentials"


class SeveralProgrammes(BadCredentials):
    message = (
        "You belong to several programmes with this name and password. Sign in at the address of the one that you mean."
    )


class LoginNotActive(NotProven):
    message = "Your account is not active"


class BadRefreshToken(NotProven):
    message = "The refresh token is not valid."


class TokenNotFound(Missing):
    message = "There is no such access token."


class BadLink(Missing):
    message = "This link has been used, or is too old. Ask for a new one."


class BadCode(Missing):
    message = "This code is not right, or is too old. Ask for a new one."


class NoCodeNeeded(Conflicting):
    message = "Nobody waits to be activated with a code: the account is active, or blocked."


class CannotBeSentTo(Conflicting):
    message = (
        "No code can be sent: neither text messages to a phone, nor mail to an e-mail address, reach this customer."
    )


class LoginNotFound(Missing):
    message = "There is no such login."
