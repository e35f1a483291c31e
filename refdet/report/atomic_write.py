"""A file is there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path


def atomic_write(path, text):
    """Write UTF-8 text to a new file beside `path`, then move it into place.

    Parameters
    ----------
    path : str or Path
        Its folder must exist; a file that is there already is replaced.
    text : str

    Raises
    ------
    OSError
        The folder is missing or cannot be written, or `path` is a folder; nothing is left behind.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from None
