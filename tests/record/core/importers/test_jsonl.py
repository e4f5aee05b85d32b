import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.record.core.exchange import Exchange
from harness.record.core.importers.jsonl import exchanges
from harness.record.core.lines import encode_head, encode_line
from tests.exchanges import exchanges as any_exchanges


@given(st.lists(any_exchanges(), max_size=4), st.booleans())
def test_every_line_is_an_exchange(told: list[Exchange], headed: bool) -> None:
    lines = [b"\n", *map(encode_line, told)]
    found = list(exchanges([encode_head([]), *lines] if headed else lines, "f"))
    assert found == [
        Exchange(number=n, at=each.at, request=each.request, response=each.response)
        for n, each in enumerate(told)
    ]


def test_a_line_that_is_none_is_named() -> None:
    lines = [b'{"method": "GET", "target": "/"}\n', b"\n", b"nonsense\n"]
    with pytest.raises(InputError, match="f: line 3: not a recorded request"):
        list(exchanges(lines, "f"))


def test_a_file_of_another_version_is_refused() -> None:
    with pytest.raises(InputError, match="f: a recording of version 2"):
        list(exchanges([b'{"harness-recording": 2}\n'], "f"))
