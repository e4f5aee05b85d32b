"""What an importer finds: exchanges, and what it leaves out with the reason."""

from dataclasses import dataclass

from harness.core.recording import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A recorded thing that no exchange can be made of; `reason` is the same for all of a kind."""

    reason: str


Found = Exchange | LeftOut
