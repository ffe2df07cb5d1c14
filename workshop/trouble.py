"""What stops a set-up, told so that a newcomer knows what to do next."""


class SetupError(Exception):
    """Set-up cannot go on; the text says what was found and what would help."""
