"""What libraries raise at a content that they cannot read becomes one kind of error.

They are written for files that are whole: at damage they raise whatever comes to them.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from harness.formats.change import BeyondBoundError
from harness.formats.fields import shown


@contextmanager
def read_by(library: str) -> Iterator[None]:
    """Raise ValueError for whatever the block raises, but where memory or a bound was too small.

    Warnings of the library are dropped: they are for those who call it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (MemoryError, BeyondBoundError, ModuleNotFoundError):
        raise
    except Exception as error:
        raise ValueError(f"{library}: {type(error).__name__}: {shown(str(error))}") from error
