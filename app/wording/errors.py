"""What is wrong with the words of letters."""

from app.refusal import Malformed, Missing


class BadMailTemplate(Malformed):
    message = "This is no letter."


class LetterKindUnknown(Missing):
    message = "No letter is of this kind."
