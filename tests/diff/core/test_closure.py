from harness.diff.core.closure import Closure, compare_closures


def path(name: str, seed: str) -> str:
    return f"/nix/store/{seed * 32}-{name}"


TOP, LIBRARY, LEAF = path("top", "a"), path("library-1.0", "b"), path("leaf", "c")
FIRST = Closure(
    tops=[TOP],
    references={TOP: [LIBRARY], LIBRARY: [LEAF]},
    sizes={TOP: 10, LIBRARY: 20, LEAF: 5},
)


def test_a_closure_is_the_same_as_itself() -> None:
    assert compare_closures(FIRST, FIRST) is None


def test_what_is_new_is_told_with_what_leads_to_it_the_largest_first() -> None:
    large, small = path("large", "d"), path("small", "e")
    second = Closure(
        tops=[TOP],
        references={**FIRST.references, LEAF: [small, large]},
        sizes={**FIRST.sizes, small: 1, large: 100},
    )
    level = compare_closures(FIRST, second)
    assert level is not None
    assert level.summary == "2 paths added, 0 removed, 0 changed; 35 → 136 bytes"
    told = [(one.subject, one.field, one.second, one.via) for one in level.items]
    assert told == [
        ("large", "added", "100 bytes", "top → library-1.0 → leaf → large"),
        ("small", "added", "1 bytes", "top → library-1.0 → leaf → small"),
    ]
    back = compare_closures(second, FIRST)
    assert back is not None
    assert [(one.subject, one.field, one.first) for one in back.items] == [
        ("large", "removed", "100 bytes"),
        ("small", "removed", "1 bytes"),
    ]


def test_what_moved_grew_or_only_has_another_hash() -> None:
    top, library, leaf = path("top", "f"), path("library-1.1", "g"), path("leaf", "h")
    second = Closure(tops=[top], references={}, sizes={top: 10, library: 20, leaf: 6})
    level = compare_closures(FIRST, second)
    assert level is not None
    assert {(one.subject, one.field): (one.first, one.second) for one in level.items} == {
        ("top", "path"): (TOP, top),
        ("leaf", "size"): ("5 bytes", "6 bytes"),
        ("library-1.0", "moved"): ("library-1.0, 20 bytes", "library-1.1, 20 bytes"),
    }
