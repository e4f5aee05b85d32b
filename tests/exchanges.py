"""Any exchange: bodies of any bytes, headers of latin-1 that come again, no answer."""

from hypothesis import strategies as st

from harness.record.core.exchange import Exchange, Request, Response

_LATIN = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=8)
_HEADERS = st.lists(st.tuples(_LATIN, _LATIN), max_size=3).map(tuple)
_BODIES = st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode))
_TIMES = st.floats(0, 1e9)


def exchanges() -> st.SearchStrategy[Exchange]:
    """Draw an exchange."""
    request = st.builds(Request, method=_LATIN, target=_LATIN, headers=_HEADERS, body=_BODIES)
    response = st.builds(Response, status=st.integers(100, 999), headers=_HEADERS, body=_BODIES)
    return st.builds(
        Exchange,
        number=st.integers(0, 10),
        at=_TIMES,
        request=request,
        response=st.none() | response,
    )
