from typing import Any

import pytest

from harness.documents.decode import decode
from harness.errors import InputError
from harness.project.core.indexes import NamedIndex, by_name, index_name, serving, twice
from harness.project.core.spec import EnvSpec, spec_sha256

_SPEC: dict[str, Any] = {"python": "3.11", "base": "debian:bookworm", "dependencies": []}


def _indexes(*tables: dict[str, Any]) -> tuple[NamedIndex, ...]:
    return decode(EnvSpec, {**_SPEC, "indexes": [*tables]}, "env.toml").indexes


def test_the_first_index_that_names_a_package_in_any_spelling_serves_it() -> None:
    indexes = _indexes(
        {"name": "one", "packages": ["Acme_Core"]},
        {"name": "two", "packages": ["acme.*", "torch", "torch"]},
    )
    assert indexes[1].packages == ("acme-*", "torch")
    served = {name: serving(name, indexes) for name in ("acme-core", "ACME_x", "acme", "torch")}
    assert {name: index and index.name for name, index in served.items()} == {
        "acme-core": "one",
        "ACME_x": "two",
        "acme": None,
        "torch": "two",
    }


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"name": "a b", "packages": ["x"]}, r"indexes\[0\].name: 'a b': not a name of letters"),
        ({"name": "a", "packages": []}, r"indexes\[0\].packages: empty; name at least one"),
        ({"name": "a", "packages": ["x[y]"]}, "not the name of a package, in which"),
        ({"name": "a", "packages": ["x"], "url": "https://u:p@h"}, "url: unknown key"),
    ],
)
def test_a_mistake_is_told_by_its_place(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem) as error:
        _indexes(table)
    assert "u:p" not in str(error.value)


def test_a_name_stands_once_in_any_spelling() -> None:
    one, same = ({"name": name, "packages": ["x"]} for name in ("my-index", "My_Index"))
    with pytest.raises(InputError, match=r"indexes\[1\]: 'My_Index': an index of that name stands"):
        _indexes(one, same)
    assert twice(_indexes(one)) is None


def test_packages_are_grouped_by_the_index_that_is_known_of_them() -> None:
    assert by_name({"b": "two", "a": "one", "c": "one"}) == (
        NamedIndex(name="one", packages=("a", "c")),
        NamedIndex(name="two", packages=("b",)),
    )


def test_a_name_that_could_be_anything_else_is_none() -> None:
    assert index_name("acme-2") == "acme-2"
    for text in ("", "-a", "a\n", "a=b", "ä"):
        with pytest.raises(ValueError, match="not a name"):
            index_name(text)


def test_a_lock_from_before_there_were_indexes_stays_fresh() -> None:
    known = "ddf2b45807521147785668a436a78fd694a4d9e89fcf954dae3dc93f8a0c62c2"
    without = decode(EnvSpec, _SPEC, "env.toml")
    assert spec_sha256(without) == known
    named = decode(EnvSpec, {**_SPEC, "indexes": [{"name": "a", "packages": ["x"]}]}, "env.toml")
    assert spec_sha256(named) != known
