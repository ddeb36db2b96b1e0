"""What a guarded change raises when its guard has failed."""

from app.db.engine import TryAgain


class GuardFailed(TryAgain):
    """Between the decision and the change somebody else was faster; decide again on the new facts."""

    def __init__(self) -> None:
        super().__init__("another request or a change of the campaign came first")
