from dataclasses import replace

from harness.documents.decode import decode
from harness.project.core.spec import EnvSpec
from harness.sources.core.supply import USUAL, Stated, supply_of

_SPEC = {"python": "3.11", "base": "debian:bookworm", "dependencies": []}


def test_a_package_by_commit_is_built_and_has_one_version_alone() -> None:
    commit = f"b @ git+https://forge.invalid/b@{'1' * 40}"
    table = {**_SPEC, "dependencies": [commit], "sdists": ["a"]}
    made = supply_of(decode(EnvSpec, table, "env.toml"))
    assert made.arguments == ("--no-binary", "a", "--no-binary", "b")
    stated = Stated(name="b", version="1", requires=("c",))
    known = replace(made, metadata=(stated,)).settings["dependency-metadata"]
    assert [(one["name"], one.get("version")) for one in known] == [("a", None), ("b", "1")]


def test_env_toml_bounds_what_is_drawn_on() -> None:
    until = "2026-11-20T00:00:00Z"
    table = {**_SPEC, "exclude-newer": until, "indexes": [{"name": "a", "packages": ["x"]}]}
    made = supply_of(decode(EnvSpec, table, "env.toml"))
    assert made.arguments == ("--exclude-newer", until)
    assert [one.name for one in made.indexes] == ["a"]
    assert supply_of(decode(EnvSpec, _SPEC, "env.toml")) == USUAL
    assert USUAL.arguments == ()
