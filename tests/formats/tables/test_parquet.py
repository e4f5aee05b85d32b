"""Parquet: footer, columns, pages and values, in what Apache Arrow writes."""

import pytest

from harness.formats.tables import parquet as explained
from harness.formats.tables.parquet import explain
from harness.formats.wording import spelled
from tests.formats.samples import arrow, parquet
from tests.formats.seeds import changed

WORDS = {"a": [1, 2, 3], "b": ["x", None, "y"]}


def test_names_metadata_and_writer() -> None:
    first, second = parquet(WORDS, {"k": "v"}), parquet(WORDS, {"k": "w"})
    assert changed("a.parquet", first, second)["Parquet metadata k.value"] == ("v", "w")
    other = first.replace(b"parquet-cpp-arrow version", b"parquet-cpp-arrow Version")
    (change,) = explain(first, other)
    assert spelled(change.place) == "Parquet created_by"
    assert change.texts[1].startswith("parquet-cpp-arrow Version")


@pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", "none"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_names_statistics_and_values(compression: str, dictionary: bool) -> None:
    first, second = (
        parquet({"a": [1, 2], "b": ["x", last]}, compression=compression, use_dictionary=dictionary)
        for last in "yz"
    )
    found = changed("a.parquet", first, second)
    assert found["Parquet row group 0.column b.meta_data.statistics.max_value"] == ("y", "z")
    assert found["Parquet row group 0.column b.page 0: value 1"] == ("y", "z")
    assert not [field for field in found if "column a" in field and "offset" not in field]


@pytest.mark.parametrize(
    ("values", "others", "change"),
    [
        ([1, 2], [1, 3], ("2", "3")),
        ([1.5, None, 2.5], [1.5, None, 3.5], ("2.5", "3.5")),
        ([b"a", b"\xff"], [b"a", b"\xfe"], ("\\xff", "\\xfe")),
    ],
)
def test_decodes_values_of_every_type(
    values: list[object], others: list[object], change: tuple[str, str]
) -> None:
    first, second = (parquet({"a": it}, use_dictionary=False) for it in (values, others))
    found = changed("a.parquet", first, second)
    assert found["Parquet row group 0.column a.page 0: value 1"] == change


def test_names_a_codec() -> None:
    first, second = parquet(WORDS), parquet(WORDS, compression="zstd")
    found = changed("a.parquet", first, second)
    assert found["Parquet row group 0.column a.meta_data.codec"] == ("SNAPPY", "ZSTD")


def test_names_types_of_the_schema() -> None:
    found = changed("a.parquet", parquet({"a": [1]}), parquet({"a": [1.5]}))
    assert found["Parquet schema a.type"] == ("INT64", "DOUBLE")
    found = changed("a.parquet", parquet({"a": [1]}), parquet({"b": [1]}))
    assert found["Parquet schema a.type"] == ("INT64", "")


def test_names_the_number_of_row_groups_and_what_follows_last() -> None:
    fields = [spelled(it.place) for it in explain(parquet(WORDS), parquet(WORDS, row_group_size=2))]
    assert fields[0] == "Parquet row group 0.num_rows"
    assert "Parquet row group 1.num_rows" in fields
    assert "Parquet row group 0.total_byte_size" in fields


def test_names_the_page_of_values_that_are_not_decoded() -> None:
    options = {"use_dictionary": False, "column_encoding": "DELTA_BINARY_PACKED"}
    first, second = (parquet({"a": [1, n, 9]}, **options) for n in (4, 5))
    assert "Parquet row group 0.column a.page 0 data" in changed("a.parquet", first, second)
    first, second = (parquet({"a": [[True, n]]}, use_dictionary=False) for n in (False, True))
    found = changed("a.parquet", first, second)
    assert "Parquet row group 0.column a.list.element.page 0 data" in found
    first, second = (parquet({"a": [1, n, 9]}, compression="brotli") for n in (4, 5))
    assert "Parquet row group 0.column a.page 0 data" in changed("a.parquet", first, second)


def test_names_headers_of_pages() -> None:
    first, second = (parquet({"a": [1, None, n]}, data_page_version="2.0") for n in (4, None))
    found = changed("a.parquet", first, second)
    assert found["Parquet row group 0.column a.page 1 header.data_page_header_v2.num_nulls"] == (
        *("1", "2"),
    )


def test_equal_contents_have_no_changes() -> None:
    assert list(explain(parquet(WORDS), parquet(WORDS))) == []


GOOD = parquet({"a": [1, 2, 3]}, compression="gzip", use_dictionary=False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PAR1", "wanted"),
        (GOOD[:-1] + b"E", "no Parquet"),
        (GOOD[:-8] + b"\xff\xff\xff\x7fPAR1", "footer of 2147483647"),
        (GOOD[:30] + b"\xff" * 9 + GOOD[39:], "wanted|Thrift|Parquet"),
        (GOOD.replace(b"\x1f\x8b", b"\x1f\x8c"), "damaged compressed"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(content, GOOD))


def test_columns_hold_no_more_than_the_file() -> None:
    footer = explained._footer(GOOD)
    (group,) = explained._structs(footer[4])
    with pytest.raises(ValueError, match="more bytes than the file"):
        explained._columns(GOOD, {2: footer[2], 4: [group] * 20})


def test_a_footer_without_columns_is_read() -> None:
    assert explained._columns(GOOD, {}) == {}
    found = explained._columns(GOOD, {2: [{}, {}], 4: [{1: [{3: 4}]}]})
    assert list(found) == ["row group 0.column "]


def test_values_of_other_types_than_the_format_says_are_shown() -> None:
    found = dict(explained._flat("", {5: [3], 4: {1: b"a"}, 6: [b"b"]}, "footer"))
    assert found == {
        "created_by": [b"b"],
        "metadata 0": 3,
        "row group.column": b"a",
    }
    assert explained._levels([{3: {}}, {3: [1]}]) == [0, 0]


def test_a_schema_holds_no_more_elements_than_it_lists() -> None:
    with pytest.raises(ValueError, match="2 elements: one holds 9"):
        explained._levels([{5: 9}, {}])


def test_levels_before_values_are_counted() -> None:
    required = arrow.schema([arrow.field("a", arrow.int64(), nullable=False)])
    first, second = (
        parquet(arrow.table({"a": [1, n]}, schema=required), use_dictionary=False) for n in (2, 3)
    )
    found = changed("a.parquet", first, second)
    assert found["Parquet row group 0.column a.page 0: value 1"] == ("2", "3")
    first, second = (parquet({"a": [[1], [n, None]]}, use_dictionary=False) for n in (2, 3))
    found = changed("a.parquet", first, second)
    assert found["Parquet row group 0.column a.list.element.page 0: value 1"] == ("2", "3")


def test_only_some_pages_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "_DECODED", 1)
    first, second = (parquet({"a": [1, n], "b": [1, n]}) for n in (2, 3))
    found = changed("a.parquet", first, second)
    assert "Parquet row group 0.column a.page 0: value 1" in found
    assert "Parquet row group 0.column b.page 0 data" in found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x80\x80\x80\x80\x0f", "more than is read"),
        (b"\x02\x04a", "Parquet page"),
        (b"", "Parquet page"),
    ],
)
def test_snappy_that_is_damaged_or_very_large_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        explained._snappy(data)
