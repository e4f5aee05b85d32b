"""What a command changes of a comparison; light, for what is refused before one is made."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a command changes of `[shadow]`: None leaves it as it is.

    `candidate` is an image's reference or archive in place of the environment's own image. `fixed`
    is how many requests to send, however clear the result; without a `seed` one is drawn.
    """

    production: str | None = None
    candidate: str | None = None
    recording: Path | None = None
    fixed: int | None = None
    seed: int | None = None

    def words(self) -> tuple[str, ...]:
        """Return the options that say against what, as the command line has them."""
        chosen = (
            ("--production", self.production),
            ("--candidate", self.candidate),
            ("--recording", self.recording),
        )
        return tuple(str(word) for option in chosen if option[1] is not None for word in option)
