from harness.lock.make import lock
from harness.lock.requirements import add
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import anew

_UNBUILT = "has no wheel that fits (see `sdists` of env.toml)"


def test_a_newer_release_that_was_left_out_is_told_with_the_reason(
    index: Index, environment: Environment
) -> None:
    index.publish("c", "1rc1", requires=["e"])
    index.publish_sdist("c", "1")
    index.publish("d", "1")
    index.publish("d", "2", requires=["f"])
    index.publish_sdist("f")
    index.publish("e", "1")
    index.publish_sdist("e", "2")
    locked = add(environment, ["c", "d"], record_urls=False)
    assert sorted(notice.text for notice in locked.notices) == [
        "c 1rc1 is a pre-release: no final release fits",
        f"c 1rc1 is not the newest: 1 was left out, c {_UNBUILT}",
        f"d 1 is not the newest: 2 was left out, f {_UNBUILT}",
        f"e 1 is not the newest: 2 was left out, e {_UNBUILT}",
    ]
    assert lock(anew(environment), record_urls=False, update=["b"]).notices == ()


def test_a_version_that_env_toml_itself_rules_out_is_not_told(
    index: Index, environment: Environment
) -> None:
    index.publish("a", "4")
    index.publish("c", "1rc1")
    locked = add(environment, ["c>=1rc1", "b; platform_machine == 'aarch64'"], record_urls=False)
    assert locked.notices == ()
