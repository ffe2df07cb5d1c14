"""Lists, verifies and extracts what an archive kept, without the archive's software.

    python3 verify.py                      verify all that lies in the folder of this file
    python3 verify.py verify ID [ID ...]   verify some AIPs
    python3 verify.py list [ID]            the AIPs, or the files of one
    python3 verify.py extract ID FOLDER    write an AIP (ID@v1: that version) to a new folder

    --at PLACE   another storage root, AIP or delivery than the folder of this file
    --key FILE   a public key (PEM) whose signatures count, instead of the one that lies there
    --root FILE  a root.N.json kept elsewhere: the keys that lie there must be named in its line

One file, Python 3.6 or later and nothing else. It lies in every storage root (OCFL 1.1) and in every
delivery (BagIt 1.0), reads only, follows no link, and believes nothing that it has not computed.
Exit codes: 0 whole, 2 wrong usage or nothing found, 3 damaged, 4 the disk does not give it, 5 nothing is
damaged, but signatures are not checked: openssl here does not know their algorithm.
"""

import sys

# -- What all parts need ------------------------------------------------------------------------------

READER = 6  # raised with every change; a newer one replaces an older one in the storage root


class StopError(Exception):
    """What cannot be done, with the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    """Print a line on any terminal; what could steer the terminal is shown as an escape."""
    plain = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(plain.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def reason(error: Exception) -> str:
    """Return in words why something could not be read."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
