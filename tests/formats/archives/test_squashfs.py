import pytest

from harness.formats.archives import squashfs as reader
from harness.formats.wording import spelled
from tests.formats.seeds import squashfs


def test_names_the_time_and_what_else_the_superblock_says() -> None:
    pair = squashfs(1717236184), squashfs(1717236185, compression=6)
    fields = {spelled(c.place): c.texts[1] for c in reader.explain(*pair)}
    assert fields["squashfs time of making"].startswith("1717236185 (2024-06-01")
    assert fields["squashfs compression"] == "zstd"
    assert "differing bytes" in fields


def test_refuses_other_versions() -> None:
    other = squashfs(0)[:28] + b"\3" + squashfs(0)[29:]
    with pytest.raises(ValueError, match="no squashfs of version 4"):
        list(reader.explain(other, squashfs(0)))
