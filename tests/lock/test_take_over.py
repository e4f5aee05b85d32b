from harness.lock.freshness import stale_reasons
from harness.lock.requirements import add
from harness.lock.take_over import take_over
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import anew, edit, empty, pinned_lock, pins, two_targets


def test_what_another_tool_was_asked_for_becomes_a_dependency_and_stays(
    environment: Environment, private: Index
) -> None:
    private.publish("c", requires=["d"])
    private.publish("d")
    private.publish("e")
    empty(environment)
    foreign = pinned_lock(
        environment,
        private,
        "[[packages]]",
        'name = "w"',
        'version = "1"',
        "marker = \"sys_platform == 'win32'\"",
        "directory = { path = '.' }",
    )
    locked = take_over(environment, foreign, record_urls=False)
    assert environment.spec().dependencies == ("c", "e")
    assert stale_reasons(anew(environment)) == []
    (left, filled) = [notice.text for notice in locked.notices]
    assert (
        left
        == f'{foreign.where}: kept 3 of 4 packages; not kept: w 1 (for sys_platform == "win32")'
    )
    assert filled.startswith("envs/serving/env.toml: dependencies now name c, e; what versions of")
    private.publish("f")
    private.publish("d", "2")
    more = add(anew(environment), ["f"], record_urls=False)
    assert pins(more.lock) == {"c": "1", "d": "1", "e": "1", "f": "1"}


def test_what_is_declared_already_stands_as_it_is(environment: Environment, private: Index) -> None:
    private.publish("c", "2")
    empty(environment)
    edit(environment, "[]", '["C>=1"]')
    before = environment.spec_path.read_text()
    foreign = pinned_lock(environment, private, "")
    assert take_over(environment, foreign, record_urls=False).notices == ()
    assert environment.spec_path.read_text() == before


def test_packages_that_do_not_fit_together_were_all_asked_for(
    environment: Environment, private: Index
) -> None:
    private.publish("c", requires=["d>=2"])
    private.publish("d")
    empty(environment)
    locked = take_over(environment, pinned_lock(environment, private, ""), record_urls=False)
    assert environment.spec().dependencies == ("c", "d")
    assert locked.notices[0].text.startswith("which packages were asked for cannot be told, so all")


def test_what_only_one_target_has_is_required_for_it_alone(
    environment: Environment, private: Index
) -> None:
    private.publish("c")
    two_targets(environment)
    empty(environment)
    foreign = pinned_lock(environment, private, "marker = \"platform_machine == 'x86_64'\"")
    take_over(environment, foreign, record_urls=False)
    assert environment.spec().dependencies == ('c; platform_machine == "x86_64"',)


def test_nothing_is_asked_of_an_empty_lock(environment: Environment, private: Index) -> None:
    empty(environment)
    locked = take_over(environment, pinned_lock(environment, private), record_urls=False)
    assert (locked.lock.packages, locked.notices) == ((), ())


def test_the_repository_s_own_name_does_not_become_a_dependency(
    environment: Environment, private: Index
) -> None:
    (environment.repository / "pyproject.toml").write_text('[project]\nname = "D"\n')
    private.publish("c")
    private.publish("d")
    empty(environment)
    take_over(environment, pinned_lock(environment, private, ""), record_urls=False)
    assert environment.spec().dependencies == ("c",)
