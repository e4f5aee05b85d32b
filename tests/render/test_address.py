import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.render.address import UNREADABLE, hidden, plain, problem, redacted, shown

_PASSWORDS = st.text("abz019%:/?#@ []\\&=+~é", min_size=3, max_size=12).map(
    lambda text: f"s3{text.strip()}cr"
)
"""Begins and ends so that any piece of some length can be told from the rest of an address."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at https://me:pw@host/a: no", "at https://host/a: no"),
        ("https://token@host/a", "https://host/a"),
        ("https://host/a?sig=pw' (x)", "https://host/a' (x)"),
        ("https://host/a#md5=x", "https://host/a"),
        ("https://host/a;token=pw/b: no; so", "https://host/a;.../b: no; so"),
        ("file:///a;b/c", "file:///a;b/c"),
        ("https://a@b@host/x", "https://host/x"),
        ("https://a@b@host/x@y", "https://...@y"),
        ("at http://me:p/w@host/a", "at http://...@host/a"),
        ("at http://me:p w@host/a", "at http://...@host/a"),
        ("from me:pw@host/a", "from host/a"),
        ("foo @ https://h/x and bar @ https://i/y", "foo @ https://h/x and bar @ https://i/y"),
        ("debian:bookworm@sha256:00", "debian:bookworm@sha256:00"),
        ("one@example.org", "one@example.org"),
    ],
)
def test_redacts_what_is_secret_in_addresses(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://me:pw@host:8443/a/b.whl?sig=pw#x", "https://host:8443/a/b.whl"),
        ("http://me:pw@[::1]:80/x", "http://[::1]:80/x"),
        ("file:///a;b/b", "file:///a;b/b"),
        ("https://host/a;token=pw/b;c", "https://host/a;.../b;..."),
        ("http://me:p/w@host/a;token=pw", "http://...@host/a;..."),
        ("http://me:p/w@host/a?q#f", "http://...@host/a"),
        ("http://me:p w@host/a", "http://...@host/a"),
        ("http://me:1234/pw@host/a", "http://...@host/a"),
        ("http://m@e:p/w@host/a", "http://...@host/a"),
        ("https://host/feed@local/simple", "https://...@local/simple"),
        ("me:pw@host/a", UNREADABLE),
        ("http://me:pw", UNREADABLE),
        ("http://[::1/a", UNREADABLE),
        ("http://me:pw@/x", UNREADABLE),
        ("nothing", UNREADABLE),
    ],
)
def test_shows_an_address_without_credentials_and_query(address: str, expected: str) -> None:
    assert shown(address) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://me:pw@host/a?q", "https://host/a"),
        ("https://host/feed@local/simple", None),
        ("me:pw@host", None),
        ("https://host/a;token=pw/b", None),
        ("https://host/a;/b", "https://host/a;/b"),
    ],
)
def test_an_address_of_which_the_beginning_is_not_sure_is_not_written_down(
    address: str, expected: str | None
) -> None:
    assert plain(address) == expected


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://host/simple", None),
        ("https://me:p%2Fw@host:1/simple", None),
        ("https://host/feed@local/simple", None),
        ("file:///srv/wheels", None),
        ("http://me:p w@host/", "a space"),
        ("http://me:p\tw@host/", "a space"),
        ("http://me:p/w@host/", "no host, or a port that is not a number"),
        ("http://me:p#w@host/", "no host, or a port that is not a number"),
        ("http://me:p?w@host/", "no host, or a port that is not a number"),
        ("http://me:pw", "no host, or a port that is not a number"),
        ("http://[::1/", "cannot be read"),
        ("me:pw@host/", "begins with http://"),
        ("ftp://me:pw@host/", "begins with http://"),
    ],
)
def test_says_why_an_address_cannot_be_asked(address: str, said: str | None) -> None:
    found = problem(address)
    assert (found is None) if said is None else said in (found or "")
    assert "pw" not in (found or "")


def test_knows_the_pieces_of_a_password_that_others_may_print() -> None:
    assert hidden("http://user:s3cr/et%40x@host/") >= {"s3cr/et%40x", "s3cr", "et%40x", "et@x"}
    assert hidden("http://token@host http://me:pass@other") >= {"token", "pass"}
    assert hidden("http://user:one two@host") >= {"one", "two", "one two"}
    assert hidden("user:s3cret@host") >= {"s3cret"}
    assert hidden("http://host/a") == frozenset()


def test_leaves_out_known_secrets_wherever_they_stand() -> None:
    address = "http://user:s3cr/et@proxy"
    said = 'parse "http://user:s3cr/et@proxy": invalid port ":s3cr" after host'
    assert "s3cr" not in redacted(said, hidden(address))


@given(_PASSWORDS, st.sampled_from(["http://", "https://", "", "ftp://"]))
def test_no_password_is_ever_shown(password: str, scheme: str) -> None:
    address = f"{scheme}user:{password}@127.0.0.1:1/simple"
    texts = [shown(address), problem(address) or "", plain(address) or ""]
    texts += [redacted(f"error: {address}: no", hidden(address))]
    pieces = [piece for piece in hidden(address) if piece.startswith("s3") or piece.endswith("cr")]
    assert pieces
    assert not [piece for piece in pieces for text in texts if piece in text]


@given(st.text())
def test_reads_any_text(text: str) -> None:
    shown(text)
    redacted(text, hidden(text))
