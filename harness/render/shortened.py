"""Long texts of others as a finding holds them: how they begin, how long they are, and their hash.

The hash tells texts apart that begin alike; what they are in full stands in the log of what passed.
"""

import hashlib

MOST = 200
"""Characters that are kept."""
_DIGITS = 16


def shortened(text: str, most: int = MOST) -> str:
    """Return a text of at most `most` characters, or its beginning, its length and its sha256."""
    if len(text) <= most:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
    return f"{text[:most]}… ({len(text)} characters, sha256 {digest})"


def shortened_pair(first: str, second: str, most: int = MOST) -> tuple[str, str]:
    """Return two texts likewise, each from a little before the place where they begin to differ."""
    both = enumerate(zip(first, second, strict=False))
    at = next((at for at, (x, y) in both if x != y), min(len(first), len(second)))
    if max(len(first), len(second)) <= most or at <= most // 2:
        return shortened(first, most), shortened(second, most)
    start = at - most // 2
    return f"…{shortened(first[start:], most)}", f"…{shortened(second[start:], most)}"
