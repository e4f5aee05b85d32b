"""What a person should know of a lock that was made all the same: facts, each with its sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What there is to know, as a sentence about `subject` with its `detail` (`more`: if any)."""

    NO_EXTRA = "{subject} has no extra {detail!r}, so nothing is installed for it"
    YANKED = "{subject} was withdrawn by those who published it (yanked){more}"
    LEFT_OUT = "{subject} is not the newest: {detail}"
    PRERELEASE = "{subject} is a pre-release: no final release fits"
    INDEX = "the package index: {subject}"
    NOT_ASKED = "{subject} is not asked: {detail}"
    CUDA = "{subject} comes as a build for CUDA: {detail}"
    HASHED = "{subject}: its sha256, {detail}, is that of what the server sent now"
    KEPT = "{subject} was declared already and stays; name versions to change it"
    JOINED = "{subject} was declared already and is {detail} now; name versions to change them"
    OWN = "{subject} is taken from the package index and is not this repository's own ({detail})"
    FILLED = (
        "{subject}: dependencies now name {detail}; what versions of them were asked for, the lock "
        "to take over does not say"
    )
    DECLARED = "{subject}: dependencies now name {detail}"
    UNTOLD = "which packages were asked for cannot be told, so all are: {subject}"
    NOT_KEPT = "{subject}: kept {detail}"
    WEAK = "{subject}: told by {detail} alone, by which two files can be made alike"
    NEWER_FORMAT = "{subject}: lock-version {detail} is newer than 1.0, as which it is read"
    MAY_NEED = "{subject} opens {detail}: needed where that part of it is used"
    UNREAD = "{subject}: whether its libraries are there was not looked at: {detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to know; `subject` is a package, a file or a variable."""

    kind: Kind
    subject: str
    detail: str = ""

    @property
    def text(self) -> str:
        """The sentence."""
        more = f": {self.detail}" if self.detail else ""
        return self.kind.value.format(subject=self.subject, detail=self.detail, more=more)


OnNotice = Callable[[Notice], None]


def ignored(_: Notice) -> None:
    """Tell nobody."""
