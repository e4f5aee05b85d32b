"""The table of formats: the first row that can explain does."""

import gzip
import sys

import pytest

from harness.formats import registry
from harness.formats.wording import spelled
from tests.formats import seeds


def test_text_is_explained_by_line_and_word() -> None:
    name, changes = registry.explain("a.txt", b"one\ntwo x\n", b"one\ntwo y\n")
    (change,) = changes
    assert (name, spelled(change.place), change.texts[0], change.texts[1]) == (
        "text",
        "line 2, word 2",
        "x",
        "y",
    )


def test_binary_takes_what_text_does_not() -> None:
    name, changes = registry.explain("a", b"\0\1\2\3", b"\0\1\2\4")
    assert name == "binary"
    assert [spelled(change.place) for change in changes] == ["differing bytes", "bytes 0x3 to 0x4"]


def test_equal_contents_give_no_change() -> None:
    assert list(registry.explain("a", b"same", b"same")[1]) == []


def test_what_is_not_what_its_name_says_goes_to_the_next_row() -> None:
    assert registry.explain("a.json", b"{1", b"{2")[0] == "text"


def test_what_is_unreadable_half_way_ends_with_a_change_that_says_so() -> None:
    ours, theirs = (gzip.compress(b"abc", mtime=mtime)[:-9] for mtime in (1, 2))
    name, changes = registry.explain("a.gz", ours, theirs)
    assert name == "gzip"
    assert [(spelled(change.place), change.texts[0]) for change in changes][1:] == [
        ("rest, unreadable as gzip", "compressed data cut short")
    ]


def test_an_archive_behind_a_line_that_starts_it_is_read_as_one() -> None:
    ours, theirs = (
        b"#!/usr/bin/env python3\n" + seeds.zipped(when=(2020, 1, day, 0, 0, 0)) for day in (1, 2)
    )
    name, changes = registry.explain("app", ours, theirs)
    assert name == "zip"
    assert spelled(next(changes).place) == "member a.txt: modification time"
    assert registry.explain("app", b"#!/bin/sh\necho 1\n", b"#!/bin/sh\necho 2\n")[0] == "text"


def test_a_notebook_is_known_without_its_name() -> None:
    ours, theirs = (
        b'{"cells": [{"cell_type": "code", "source": "%d", "outputs": []}]}' % number
        for number in (1, 2)
    )
    assert registry.explain("result", ours, theirs)[0] == "notebook"


def test_what_is_beyond_the_bounds_of_its_format_says_so_first() -> None:
    first, second = (b"[" * 200 + end + b"]" * 200 for end in (b"1", b"2"))
    name, changes = registry.explain("a.json", first, second)
    said, *rest = changes
    assert name == "text"
    assert (spelled(said.place), said.texts[0]) == (
        "not read as JSON",
        "JSON nested more than 100 deep is not read",
    )
    assert rest


def test_a_library_that_is_not_there_is_named_and_the_next_row_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = seeds.lz4.compress(b"one"), seeds.lz4.compress(b"two")
    monkeypatch.setitem(sys.modules, "lz4", None)
    monkeypatch.delitem(sys.modules, "lz4.frame")
    name, changes = registry.explain("a.lz4", first, second)
    said, *rest = changes
    assert name == "binary"
    assert (spelled(said.place), said.first) == (
        "not read as LZ4",
        "lz4 is not installed: pip install 'harness[formats]'",
    )
    assert rest


def test_a_module_that_lacks_for_another_reason_is_a_defect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = registry.Format(name="x", recognises=registry.named(".x"), module="nowhere")
    monkeypatch.setattr(registry, "FORMATS", (row,))
    with pytest.raises(ModuleNotFoundError):
        registry.explain("a.x", b"1", b"2")
