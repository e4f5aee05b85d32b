from harness.libraries.core.advice import Addition, Found, as_object, notices, refusal
from harness.libraries.core.missing import Missing

GL = Missing(package="draw", library="libGL.so.1", module="draw._d", by="draw/_d.so")
ODD = Missing(package="odd", library="libodd.so", module="odd._o", by="odd/_o.so")
ADDITION = Addition(
    packages={"libGL.so.1": "libgl1", "magic": "libmagic1"},
    add=("libgl1",),
    count=3,
    size=2_000_000,
)


def test_the_error_says_what_needs_what_and_what_to_add() -> None:
    text = refusal(Found(needed=[GL, ODD], addition=ADDITION), ["tk"], "envs/x/env.toml")
    assert text.split("\n  ") == [
        "draw needs libGL.so.1 (draw._d), which the base does not have",
        "odd needs libodd.so (odd._o), which the base does not have",
        'add debian-packages = ["libgl1", "tk"] to envs/x/env.toml (3 packages, 2.0 MB)',
        "no package of Debian's suites has libodd.so",
        'what is not used: libraries.unused = ["libGL.so.1"] in envs/x/env.toml',
    ]


def test_nothing_is_advised_that_debian_does_not_have() -> None:
    assert "debian-packages" not in refusal(Found(needed=[ODD]), [], "env.toml")
    only = refusal(Found(needed=[GL], addition=ADDITION), [], "env.toml")
    assert "no package" not in only


def test_the_error_says_where_packages_could_not_be_looked_up() -> None:
    found = Found(needed=[GL], addition=Addition(unknown="no mirror"))
    assert refusal(found, [], "env.toml").endswith("could not be looked up: no mirror")


def test_what_may_be_needed_is_a_notice() -> None:
    found = Found(opened=[("magic", "magic")], addition=ADDITION, unread=[("odd", "damaged")])
    assert [one.text for one in notices(found)] == [
        "magic opens magic (Debian: libmagic1): needed where that part of it is used",
        "odd: whether its libraries are there was not looked at: damaged",
    ]


def test_scripts_get_facts() -> None:
    found = Found(needed=[GL], opened=[("m", "magic")], addition=ADDITION, unread=[("o", "why")])
    assert as_object(found) == {
        "missing": [
            {
                "package": "draw",
                "library": "libGL.so.1",
                "module": "draw._d",
                "file": "draw/_d.so",
                "debian-package": "libgl1",
            }
        ],
        "may-need": [{"package": "m", "library": "magic", "debian-package": "libmagic1"}],
        "add": ["libgl1"],
        "unread": [{"package": "o", "reason": "why"}],
    }
