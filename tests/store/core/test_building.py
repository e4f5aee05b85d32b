import pytest

from harness.store.core import building
from harness.store.core.building import Realised, Under
from harness.store.core.log import Failure

OPTIONS = {"sandbox": "true", "substituters": "", "builders": ""}
GIVEN = ["--option", "sandbox", "true", "--option", "substituters", "", "--option", "builders", ""]
DRV = "/nix/store/a.drv"


def _realised(status: int, *failures: Failure, printed: tuple[str, ...] = ()) -> Realised:
    return Realised(
        argv=("nix-store", "--realise", "x"),
        status=status,
        paths=(),
        failures=failures,
        printed=printed,
    )


def test_a_build_states_every_option_and_what_was_asked_for_besides() -> None:
    plain = ["nix-store", "--realise", *GIVEN, DRV]
    assert building.realise(OPTIONS, [DRV]) == plain
    assert building.realise(OPTIONS, [DRV], root="/r", keep_going=True, jobs=2) == [
        *plain,
        *("--add-root", "/r", "--indirect", "--keep-going", "--max-jobs", "2"),
    ]
    assert building.repair(OPTIONS, [DRV]) == ["nix-store", "--realise", "--repair", *GIVEN, DRV]


def test_what_others_made_may_come_from_where_the_machine_says() -> None:
    argv = building.realise_foreign(OPTIONS, [DRV], 3)
    assert argv == [
        *("nix-store", "--realise", "--option", "sandbox", "true", DRV),
        *("--max-jobs", "3"),
    ]


def test_a_rebuild_sets_its_conditions_in_place_of_others_and_keeps_what_differs() -> None:
    argv = building.check(OPTIONS, DRV, Under(options={"sandbox": "relaxed", "cores": "3"}))
    options = dict(zip(argv[6::3], argv[7::3], strict=False))
    assert argv[:5] == ["nix-store", "--realise", "--check", "--max-jobs", "1"]
    assert argv[-1] == DRV
    assert options == {
        **OPTIONS,
        "sandbox": "relaxed",
        "cores": "3",
        "run-diff-hook": "true",
        "diff-hook": "/dev/null/none",
    }


def test_paths_are_copied_under_the_same_options_on_both_sides() -> None:
    give, take = building.copy(OPTIONS, ["/nix/store/a"])
    assert give == ["nix-store", "--export", *GIVEN, "/nix/store/a"]
    assert take == ["nix-store", "--import", *GIVEN]


def test_a_build_is_logged_as_nix_itself_says_it() -> None:
    assert building.logged(["nix-store"], "/scratch") == [
        *("nix-store", "--log-format", "internal-json"),
        *("--option", "log-lines", "0", "--option", "build-dir", "/scratch"),
    ]


BUILDER = Failure(message="builder failed", derivation=DRV)
NIX = Failure(message="disk full")


@pytest.mark.parametrize(
    ("realised", "differing", "differs", "failed"),
    [
        (_realised(0), {}, False, False),
        (_realised(96 + 8), {"out": "tree"}, True, False),
        (_realised(96 + 8), {}, True, False),
        (_realised(96 + 4), {}, False, True),
        (_realised(96 + 4 + 8), {"out": "tree"}, True, True),
        (_realised(1), {"out": "tree"}, True, False),
        (_realised(1, BUILDER), {}, False, True),
        (_realised(1, NIX), {}, False, False),
        (_realised(96 + 8, BUILDER), {}, True, False),
    ],
)
def test_how_a_rebuild_ended_is_read_from_the_status_the_trees_and_nixs_errors(
    realised: Realised, differing: dict[str, str], differs: bool, failed: bool
) -> None:
    rebuilt = building.rebuilt(realised, differing)
    assert (rebuilt.differs, rebuilt.failed, rebuilt.killed) == (differs, failed, False)
    assert (rebuilt.status, rebuilt.differing) == (realised.status, differing)


def test_what_was_said_is_the_builders_lines_and_nixs_errors() -> None:
    killed = Failure(message="killed", derivation=DRV, killed=True)
    realised = _realised(1, NIX, killed, printed=("printed",))
    assert realised.said == "printed\ndisk full\nkilled"
    assert realised.failed == (killed,)
    assert realised.killed
    assert building.failure_text(realised) == (
        "`nix-store --realise` ended with status 1:\n  printed\n  disk full\n  killed"
    )
    assert building.failure_text(_realised(7)) == "`nix-store --realise` ended with status 7"
