"""Why a chain cannot be moved, for whoever runs the commands: each sentence says what to do."""


class CannotMove(RuntimeError):
    pass


class ChainIsClosed(CannotMove):
    def __init__(self) -> None:
        super().__init__("This chain is closed already. `guerdon chain open` opens it again.")


class ChainIsOpen(CannotMove):
    def __init__(self) -> None:
        super().__init__(
            "This chain is not closed. `guerdon chain close` closes it, so that nothing is added behind an export."
        )


class BadChainFile(CannotMove):
    pass


class AlreadyHere(CannotMove):
    pass
