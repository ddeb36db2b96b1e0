"""Every reason for not coming in."""

from app.refusal import Refusal


class SellerNotFound(Refusal):
    message = "There is no such seller."


class WeakPassword(Refusal):
    message = "The password is too easy to guess."


class WrongPassword(Refusal):
    message = "This is not the current password."


class BadCredentials(Refusal):
    message = "Bad credentials"


class LoginNotActive(Refusal):
    message = "Your account is not active"


class BadRefreshToken(Refusal):
    message = "The refresh token is not valid."


class TokenNotFound(Refusal):
    message = "There is no such access token."


class LoginNotFound(Refusal):
    message = "There is no such login."
