"""What stands in a page: its elements, ids, and texts, as a browser would have them."""

from html.parser import HTMLParser


class Read(HTMLParser):
    """The elements, ids and texts of a page; places where words may break are left out."""

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self._broken = False
        self.feed(document.decode())

    @property
    def text(self) -> str:
        """All texts, each on a line of its own."""
        return "\n".join(self.texts) + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._broken = tag == "wbr"
        if not self._broken:
            self.tags.append(tag)
            self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        self._broken = tag == "wbr"

    def handle_data(self, data: str) -> None:
        if self._broken:
            self.texts[-1] += data
        else:
            self.texts.append(data)
