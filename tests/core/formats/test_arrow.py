"""Arrow: metadata, columns and values by batch, in what Apache Arrow writes."""

from harness.core.formats.arrow import explain
from tests.core.formats.samples import ipc
from tests.core.formats.seeds import changed


def test_names_metadata() -> None:
    first, second = (ipc({"a": [1]}, {"time": it}) for it in "12")
    assert changed("a.arrow", first, second) == {"Arrow metadata time": ("1", "2")}
    assert list(explain(first, first)) == []
