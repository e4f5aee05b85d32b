import pytest

from harness.formats.change import At, Step
from harness.verify.core.factors.rows import registered
from harness.verify.core.hints import FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE
from harness.verify.core.remedy import Seen, advice, causes

_HEADER = (Step(At.HEADER, "gzip"), Step(At.FIELD, "mtime"))


def test_every_cause_has_a_title_and_a_remedy() -> None:
    kinds = {FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME, NEW_TIME, REAL_TIME, UNSTABLE}
    assert causes().keys() == {*registered().names, *kinds}


def test_a_remedy_fits_the_place_where_one_is_known() -> None:
    header = Seen(path="a.gz", form="gzip", place=_HEADER)
    assert advice(["clock"], [header]).remedy == "pass mtime=0 (gzip -n)"
    assert "SOURCE_DATE_EPOCH" in advice(["clock"], [Seen(path="a.txt", form="text")]).remedy


def test_factors_that_act_together_are_told_together() -> None:
    said = advice(["clock", "home"])
    assert said.title.count(";") == 1
    assert "HOME" in said.remedy


def test_random_names_of_temporary_files_are_called_so() -> None:
    names = Seen(path="a", values=("/build/tmp.0aB3dE6gHi", "/build/tmp.9zY3dE6gHi"))
    other = Seen(path="a", values=("d3b07384", "0cc175b9"))
    assert "temporary files" in advice(["random"], [names]).title
    assert "temporary files" not in advice(["random"], [names, other]).title


@pytest.mark.parametrize(
    ("first", "second", "is_name"),
    [
        ('"/build/build-fgAMMZ"', '"/build/build-piDQ6C"', True),
        ("took 1.234567s", "took 1.334567s", False),
        ("start 1234567890", "start 1434567890", False),
        ("id 5f3a9cde", "id 5f3a9cdf", False),
        ("<f at 0x55d0a1c2>", "<f at 0x56d0a1c2>", False),
        ("same", "same", False),
        ("fgAMMZ", "fgAMMZ piDQ6C", False),
        ("fgAMMZ", "fgAMMZ7", False),
    ],
)
def test_names_that_are_drawn_from_clocks_and_addresses_are_called_so(
    first: str, second: str, *, is_name: bool
) -> None:
    seen = [Seen(path="a", values=(first, second))]
    for name in ("monotonic", "address-layout"):
        assert ("temporary files" in advice([name], seen).title) == is_name
    assert "temporary files" not in advice(["random"], seen).title


def test_the_environment_in_a_file_has_one_remedy_whatever_moves_it() -> None:
    assert advice(["home"], is_dump=True) == advice(["time-zone"], is_dump=True)
    assert "do not dump the environment" in advice(["home"], is_dump=True).remedy


@pytest.mark.parametrize(
    ("factor", "first", "second", "title"),
    [
        ("hash-seed", "0", "4242", "PERL_HASH_SEED or PYTHONHASHSEED"),
        ("hash-seed", "seed 0", "seed 31415", "PERL_HASH_SEED or PYTHONHASHSEED"),
        ("hash-seed", "14242", "24242", "order of a set"),
        ("hash-seed", "b 4242", "a 4242", "order of a set"),
        ("time-zone", "UTC0", "HRN-11:47", "TZ"),
        ("time-zone", "10:00 UTC", "21:47 HRN", "the local time zone"),
        ("locale", "None", "tr_TR.UTF-8", "LANG"),
        ("locale", "1.5", "1,5", "language or character set"),
        ("instruction-set", "", "Nehalem", "OPENBLAS_CORETYPE"),
        ("home", "/homeless-shelter", "/harness-was-here", "home directory"),
    ],
)
def test_the_value_of_one_variable_is_not_what_comes_of_it(
    factor: str, first: str, second: str, title: str
) -> None:
    assert title in advice([factor], [Seen(path="a", values=(first, second))]).title


def test_each_place_where_a_cause_shows_has_its_remedy() -> None:
    seen = [
        Seen(path="built-on", form="text"),
        Seen(path="a.gz", form="gzip", place=_HEADER),
    ]
    general, special = (advice(["clock"], [one]).remedy for one in seen)
    assert general != special
    assert advice(["clock"], seen).remedy == f"{general}; {special}"
