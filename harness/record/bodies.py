"""The bodies of exchanges as they pass, held to be recorded while there is room for them."""

MAX_EXCHANGE = 64 * 2**20
"""Bytes of a request's and its answer's bodies together that are held to be recorded."""

MAX_HELD = 512 * 2**20
"""Bytes of bodies on their way that are held at once, of all exchanges together."""


class Room:
    """How many bytes of bodies all exchanges hold together."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held = 0


class Bodies:
    """The bodies of one exchange; `whole` until there is no room for more of them."""

    __slots__ = ("_kept", "_room", "answered", "asked", "whole")

    def __init__(self, room: Room) -> None:
        self._room, self._kept = room, 0
        self.asked: list[bytes] = []
        self.answered: list[bytes] = []
        self.whole = True

    def add(self, pieces: list[bytes], piece: bytes) -> None:
        """Append to what was asked or answered; with no room for it, hold nothing more."""
        if not self.whole:
            return
        self._kept += len(piece)
        self._room.held += len(piece)
        pieces.append(piece)
        if self._kept > MAX_EXCHANGE or self._room.held > MAX_HELD:
            self.whole = False
            self.release()

    def release(self) -> None:
        """Give the room back."""
        self._room.held -= self._kept
        self._kept = 0
        self.asked, self.answered = [], []
