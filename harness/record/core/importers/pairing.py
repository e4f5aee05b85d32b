"""Requests and answers that were logged apart, put together in the order of the requests.

Either may come first, and one of the two may be missing. What waits for the other is held within
bounds; beyond them requests go without an answer, and answers are left out, the oldest first.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from harness.record.core.exchange import Exchange, Request, Response
from harness.record.core.importers.found import Found, LeftOut

MOST_WAITING = 10_000
"""Requests that are held, and also answers whose request has not come."""
MOST_BYTES = 256 * 2**20
"""Bytes of bodies, likewise."""
ALONE = LeftOut(reason="an answer without its request")

Key = tuple[str, ...]
"""What a request and its answer have in common."""


@dataclass(slots=True, kw_only=True)
class _Waiting:
    key: Key
    at: float
    request: Request
    response: Response | None = None

    @property
    def size(self) -> int:
        return len(self.request.body) + (len(self.response.body) if self.response else 0)


class Pairing:
    """Requests in their order, each held until it has its answer or too many wait."""

    def __init__(self) -> None:
        self._order = deque[_Waiting]()
        self._unanswered = dict[Key, deque[_Waiting]]()
        self._bytes = 0
        self._early = _Early()

    def ask(self, key: Key, at: float, request: Request) -> None:
        """Add a request that was sent at so many seconds; its answer may be there already."""
        waiting = _Waiting(key=key, at=at, request=request, response=self._early.take(key))
        self._order.append(waiting)
        self._bytes += waiting.size
        if not waiting.response:
            self._unanswered.setdefault(key, deque()).append(waiting)

    def answer(self, key: Key, response: Response) -> None:
        """Give an answer to the earliest request of its key, or hold it for one that comes."""
        if key in self._unanswered:
            self._next(key).response = response
            self._bytes += len(response.body)
        else:
            self._early.add(key, response)

    def ready(self) -> Iterator[Found]:
        """Yield the first requests as far as they are answered, and what is too much to hold."""
        while self._order and (
            self._order[0].response or len(self._order) > MOST_WAITING or self._bytes > MOST_BYTES
        ):
            yield self._first()
        while self._early.count > MOST_WAITING or self._early.bytes > MOST_BYTES:
            self._early.drop()
            yield ALONE

    def rest(self) -> Iterator[Found]:
        """Yield what is still held."""
        while self._order:
            yield self._first()
        while self._early.count:
            self._early.drop()
            yield ALONE

    def _first(self) -> Exchange:
        waiting = self._order.popleft()
        self._bytes -= waiting.size
        if not waiting.response:
            self._next(waiting.key)
        return Exchange(number=0, at=waiting.at, request=waiting.request, response=waiting.response)

    def _next(self, key: Key) -> _Waiting:
        same = self._unanswered[key]
        waiting = same.popleft()
        if not same:
            del self._unanswered[key]
        return waiting


class _Early:
    """Answers that came before their requests."""

    def __init__(self) -> None:
        self._by_key = dict[Key, deque[Response]]()
        self.count, self.bytes = 0, 0

    def add(self, key: Key, response: Response) -> None:
        self._by_key.setdefault(key, deque()).append(response)
        self.count += 1
        self.bytes += len(response.body)

    def take(self, key: Key) -> Response | None:
        """Return the earliest of a key, if there is one."""
        if key not in self._by_key:
            return None
        same = self._by_key[key]
        response = same.popleft()
        if not same:
            del self._by_key[key]
        self.count -= 1
        self.bytes -= len(response.body)
        return response

    def drop(self) -> None:
        """Forget one of the key that has waited longest."""
        self.take(next(iter(self._by_key)))
