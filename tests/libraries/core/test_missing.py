from harness.libraries.core.dynamic import Linked
from harness.libraries.core.imports import Reach
from harness.libraries.core.missing import Missing, Wheel, missing, module_name, opened

GLIBC = (2, 36)
BASE = {"libc.so.6", "libm.so.6"}


def _module(package: str, *needed: str, reach: Reach | None = None) -> Wheel:
    path = f"{package}/_{package}.abi3.so"
    files = {path: Linked(needed=needed)}
    return Wheel(package=package, files=files, modules=(path,), reach=reach)


def test_a_library_that_nothing_has_is_missing() -> None:
    (found,) = missing([_module("draw", "libGL.so.1", "libc.so.6")], BASE, GLIBC)
    assert found == Missing(
        package="draw", library="libGL.so.1", module="draw._draw", by="draw/_draw.abi3.so"
    )


def test_what_a_neighbour_needs_is_missing_too_and_told_once() -> None:
    wheel = Wheel(
        package="draw",
        files={
            "draw/a.so": Linked(needed=("libd.so",), search=("$ORIGIN/../draw.libs",)),
            "draw/b.so": Linked(needed=("libd.so", "libX.so"), search=("${ORIGIN}/../draw.libs",)),
            "draw.libs/libd.so": Linked(needed=("libX.so",)),
            "libtop.so": Linked(search=("$ORIGIN",), inherited=True, needed=("libX.so",)),
        },
        modules=("draw/a.so", "draw/b.so"),
    )
    (found,) = missing([wheel], BASE, GLIBC)
    assert (found.library, found.module, found.by) == ("libX.so", "draw.a", "draw.libs/libd.so")


def test_a_path_that_is_inherited_serves_what_is_loaded() -> None:
    wheel = Wheel(
        package="draw",
        files={
            "a.so": Linked(needed=("libb.so",), search=("$ORIGIN/l",), inherited=True),
            "l/libb.so": Linked(needed=("libc.so",)),
            "l/libc.so": Linked(),
        },
        modules=("a.so",),
    )
    assert [*missing([wheel], (), GLIBC)] == []


def test_libraries_of_other_wheels_and_drivers_are_not_missing() -> None:
    other = Wheel(package="cuda", files={"nvidia/lib/libcudart.so.12": Linked()})
    wheel = _module("draw", "libcudart.so.12", "libcuda.so.1", "libnvidia-ml.so.1")
    assert [*missing([wheel, other], BASE, GLIBC)] == []


def test_a_newer_c_library_is_missing() -> None:
    files = {"a.so": Linked(versions=("GLIBC_2.38",))}
    (found,) = missing([Wheel(package="a", files=files, modules=("a.so",))], BASE, GLIBC)
    assert found.library == "GLIBC_2.38"


def test_what_no_import_reaches_is_not_missing() -> None:
    reach = Reach(modules=frozenset(), loose=frozenset())
    assert [*missing([_module("draw", "libGL.so.1", reach=reach)], BASE, GLIBC)] == []


def test_a_loose_module_is_imported_if_another_wheel_makes_its_directory_a_package() -> None:
    wheel = _module(
        "draw", "libGL.so.1", reach=Reach(modules=frozenset(), loose=frozenset({"draw._draw"}))
    )
    assert [*missing([wheel], BASE, GLIBC)] == []
    other = Wheel(package="other", packages=("draw",))
    assert [one.library for one in missing([wheel, other], BASE, GLIBC)] == ["libGL.so.1"]


def test_what_a_module_opens_of_its_own_files_must_find_its_libraries() -> None:
    files = {"p/libgeo.so": Linked(needed=("libGL.so.1",))}
    loads = (("p.lib", "p/libgeo.so"), ("p.lib", "p/none.so"))
    (found,) = missing([Wheel(package="p", files=files, loads=loads)], BASE, GLIBC)
    assert (found.library, found.module, found.by) == ("libGL.so.1", "p.lib", "p/libgeo.so")


def test_modules_are_named_as_they_are_imported() -> None:
    assert module_name("a/_b.cpython-311-x86_64-linux-gnu.so") == "a._b"
    assert module_name("a-1.data/b.so") == ""
    assert module_name("a/tests/_b.so") == ""


def test_what_is_opened_by_name_and_nobody_has_may_be_needed() -> None:
    wheel = Wheel(
        package="magic",
        opens=("magic", "libm.so.6", "sndfile"),
        files={"libsndfile_x.so": Linked()},
    )
    assert [*opened([wheel], BASE)] == [("magic", "magic")]
