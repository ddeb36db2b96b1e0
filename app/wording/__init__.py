"""The words of letters: the installation's templates, and those that a chain has written itself."""
