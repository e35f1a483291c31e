"""What a command raises when the user's input is at fault."""


class InputError(Exception):
    """Printed as one line, ``refdet COMMAND: message``; the exit code is 2."""
