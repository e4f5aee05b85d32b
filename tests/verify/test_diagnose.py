"""Diagnosis of builds that are functions of what is moved, with real trees on disk."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from harness.formats.wording import spelled
from harness.verify.core.causes.plan import Plan
from harness.verify.core.factors.rows import registered
from harness.verify.diagnose import Diagnosis, diagnose

_PINNED_CLOCK = 1717236184
_CLOCK_OFFSET = 48078188
Files = Mapping[str, str]


@dataclass(kw_only=True)
class Build:
    """One run of a builder: the factors that are moved, and how many rebuilds went before.

    `is_first` says that nothing is pinned or moved, as in a user's own build; then it is some days
    ago.
    """

    moved: frozenset[str]
    count: int
    is_first: bool = False
    now: float = field(default_factory=time.time)

    @property
    def real(self) -> int:
        """Return what the kernel's clock shows, two seconds later in each build."""
        return int(self.now) + 2 * self.count - (5 * 86400 if self.is_first else 0)

    @property
    def clock(self) -> int:
        if self.is_first:
            return self.real
        return self.real + _CLOCK_OFFSET if "clock" in self.moved else _PINNED_CLOCK

    @property
    def file_time(self) -> int:
        if self.is_first:
            return self.real
        return self.real + _CLOCK_OFFSET if "file-time" in self.moved else _PINNED_CLOCK

    def word(self, name: str) -> str:
        """Return what a factor puts into an output: a text that is the same while it is pinned."""
        (factor,) = (one for one in registered() if one.name == name)
        if name not in self.moved:
            return "as it is"
        return factor.moved[0].rpartition("=")[2].rpartition(" ")[2]

    def order(self, name: str, items: str) -> str:
        return " ".join(items[3:] + items[:3] if name in self.moved else items)


Builder = Callable[[Build], Mapping[str, Files] | None]
"""From a build to the files of each output, or None if it fails."""


@dataclass
class World:
    """Writes the trees of a builder's outputs below a directory, one rebuild after the other."""

    builder: Builder
    directory: Path
    plans: list[Plan] = field(default_factory=list)

    def rebuild(self, plan: Plan) -> dict[str, str] | None:
        self.plans.append(plan)
        return self.built(Build(moved=plan.moved, count=len(self.plans)), str(len(self.plans)))

    def built(self, build: Build, name: str) -> dict[str, str] | None:
        outputs = self.builder(build)
        if outputs is None:
            return None
        for output, files in outputs.items():
            for path, text in files.items():
                file = self.directory / name / output / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        return {output: str(self.directory / name / output) for output in outputs}

    def diagnosis(self, unreached: Collection[str] = (), budget: float = 60) -> Diagnosis:
        first = self.built(Build(moved=frozenset(), count=-1, is_first=True), "first")
        assert first is not None
        moved = self.built(
            Build(moved=frozenset(registered().names) - {*unreached}, count=0), "moved"
        )
        return diagnose(
            (first, moved),
            rebuild=self.rebuild,
            factors=registered().names,
            budget_seconds=budget,
            unreached=unreached,
        )


Diagnose = Callable[[Builder], Diagnosis]


@pytest.fixture
def diagnosed(tmp_path: Path) -> Diagnose:
    return lambda builder: World(builder, tmp_path).diagnosis()


def named(found: Diagnosis, output: str = "out") -> list[str]:
    return [cause.factor for cause in found.causes.get(output, ())]


def stamp(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_names_the_clock_with_the_field_and_both_values(diagnosed: Diagnose) -> None:
    found = diagnosed(lambda build: {"out": {"a": f"built {stamp(build.clock)}"}})
    (cause,) = found.causes["out"]
    (shown,) = cause.evidence
    assert (cause.factor, cause.files, found.rebuilds) == ("clock", 1, 3)
    assert (shown.path, spelled(shown.place)) == ("a", "line 1, word 2")
    assert shown.first == stamp(_PINNED_CLOCK)
    assert "SOURCE_DATE_EPOCH" in cause.remedy


def test_tells_apart_the_causes_of_several_files_and_outputs(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        both = f"{build.word('home')} {build.word('host')}"
        return {
            "out": {"a": build.word("host"), "b": both, "same": "same"},
            "dev": {"c": build.order("hash-seed", "defgh")},
        }

    found = diagnosed(builder)
    assert named(found) == ["host", "home"]
    assert [cause.files for cause in found.causes["out"]] == [2, 1]
    assert named(found, "dev") == ["hash-seed"]
    assert found.rebuilds <= 8


def test_tells_a_time_of_the_kernel_from_the_clock(diagnosed: Diagnose) -> None:
    found = diagnosed(
        lambda build: {"out": {"a": stamp(build.file_time), "b": f"on {stamp(build.clock)}"}}
    )
    assert named(found) == ["clock", "file-time"]


def test_a_file_that_varies_by_itself_can_have_a_cause_besides(diagnosed: Diagnose) -> None:
    found = diagnosed(lambda build: {"out": {"a": f"{stamp(build.real)}\n{build.word('host')}"}})
    assert named(found) == ["clock", "host"]
    assert "harness-moved" in found.causes["out"][1].evidence[0].second


def test_what_the_shim_did_not_reach_is_the_clock_itself(tmp_path: Path) -> None:
    world = World(lambda build: {"out": {"a": stamp(build.real)}}, tmp_path)
    assert named(world.diagnosis(unreached=["clock"])) == ["clock"]


def test_a_time_that_no_rebuild_shows_again_is_known_by_its_bytes(diagnosed: Diagnose) -> None:
    def by_hours(build: Build) -> Mapping[str, Files]:
        return {"out": {"a": stamp(build.now - (3 * 86400 if build.is_first else 0))[:13] + ":00"}}

    whole = datetime.now(UTC).minute < 10
    found = diagnosed(by_hours)
    assert named(found) == (["clock"] if whole else [])
    assert found.unexplained == ({} if whole else {"out": ("a",)})


def test_lines_in_any_order_are_a_race_and_what_is_in_them_has_its_cause(
    diagnosed: Diagnose,
) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        lines = [f"{stamp(build.clock)[:10]} part {number}" for number in range(12)]
        turn = build.count * 5 % 12 if not build.is_first else 3
        return {"out": {"log": "\n".join([*lines[turn:], *lines[:turn]])}}

    assert set(named(diagnosed(builder))) == {"race", "clock"}


def test_files_that_exchange_their_numbers_race(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        turn = build.count % 3
        return {"out": {str(one): f"{1000 + (one + turn) % 3}" for one in range(3)}}

    (name,) = named(diagnosed(builder))
    assert name in {"race", "schedule"}


def test_files_that_exchange_their_contents_are_taken_for_one(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        order = build.order("directory-order", "hijkl").split()
        return {"out": {str(number): text for number, text in enumerate(order)}}

    found = diagnosed(builder)
    assert named(found) == ["directory-order"]
    assert found.causes["out"][0].files == 5


def test_the_state_of_the_host(diagnosed: Diagnose) -> None:
    found = diagnosed(lambda build: {"out": {"a": f"MemFree: {90000 - build.count * 12} kB"}})
    assert named(found) == ["host state"]


def test_readings_of_the_host_that_come_and_go_are_no_causes(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        lines = [
            f"Mem{one}: {7000 + build.count * (build.count % one == 0)} kB" for one in (1, 2, 3)
        ]
        return {"out": {"a": "\n".join([*lines, build.word("host")])}}

    assert named(diagnosed(builder)) == ["host state", "host"]


def test_a_builder_that_fails(diagnosed: Diagnose) -> None:
    found = diagnosed(lambda build: None if "umask" in build.moved else {"out": {"a": "a"}})
    (cause,) = found.causes[""]
    assert (cause.factor, cause.files, cause.evidence) == ("umask", 0, ())
    assert "fails" in cause.title


def test_a_builder_that_fails_and_varies_otherwise_has_both_causes(diagnosed: Diagnose) -> None:
    found = diagnosed(
        lambda build: None if "locale" in build.moved else {"out": {"a": build.word("host")}}
    )
    assert (named(found, ""), named(found)) == (["locale"], ["host"])


def test_a_dump_of_the_environment_is_called_so(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        factors = {"HOME": "home", "TZ": "time-zone", "LC_ALL": "locale", "USER": "home"}
        lines = [f"{variable}={build.word(name)}" for variable, name in factors.items()]
        return {"out": {"environment": "\n".join(lines)}}

    found = diagnosed(builder)
    assert set(named(found)) == {"home", "time-zone", "locale"}
    assert "variables" in found.causes["out"][0].title


def test_names_of_files_are_differences_of_their_directory(diagnosed: Diagnose) -> None:
    found = diagnosed(lambda build: {"out": {f"d/{build.word('host')}": "same"}})
    (cause,) = found.causes["out"]
    assert (cause.factor, cause.evidence[0].path) == ("host", "d/")


def test_without_time_nothing_is_claimed(tmp_path: Path) -> None:
    world = World(lambda build: {"out": {"a": build.word("host")}}, tmp_path)
    found = world.diagnosis(budget=0)
    assert (found.causes, found.unexplained, world.plans) == ({}, {"out": ("a",)}, [])


def test_a_digest_of_what_varies_has_its_cause_and_none_of_its_own(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        text = f"at {build.real}"
        digest = sha256(text.encode()).hexdigest()
        return {"out": {"a": text, "SHA256SUMS": f"{digest}  a\n"}}

    found = diagnosed(builder)
    assert [(cause.files, cause.evidence[0].path) for cause in found.causes["out"]] == [
        (2, "SHA256SUMS")
    ]


def test_what_no_lever_pins_is_not_stable_and_hides_no_other_cause(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        drawn = sha256(f"{build.count}{build.is_first}".encode()).hexdigest()[:15]
        return {"out": {"a": f"id: x{drawn}\nhost: {build.word('host')}"}}

    assert set(named(diagnosed(builder))) == {"not stable", "host"}


def test_measurements_that_seldom_change_are_repeated_before_a_factor_is_named(
    diagnosed: Diagnose,
) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        steps = {f"step_{n}": 20 + (build.count // (n + 2)) % 3 for n in range(4)}
        day = stamp(build.clock)[:10]
        return {"out": {"metrics.json": json.dumps({"day": day, **steps})}}

    found = diagnosed(builder)
    assert "clock" in named(found)
    assert set(named(found)) <= {"clock", "not stable", "monotonic"}


def test_files_below_a_directory_with_a_hash_in_its_name_are_compared(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        digest = sha256(build.word("host").encode()).hexdigest()[:12]
        return {"out": {f"lib/site-{digest}/home.txt": build.word("home")}}

    causes = {cause.factor: cause for cause in diagnosed(builder).causes["out"]}
    assert causes.keys() == {"host", "home"}
    assert causes["home"].evidence[0].path == "lib/site-*/home.txt"
    assert causes["host"].evidence[0].path == "lib/"


def test_a_notebook_is_told_to_be_stripped(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        cell = {
            "cell_type": "code",
            "source": "x",
            "outputs": [],
            "metadata": {"execution": {"iopub.execute_input": stamp(build.clock)}},
        }
        return {"out": {"a.ipynb": json.dumps({"cells": [cell], "metadata": {}})}}

    (cause,) = diagnosed(builder).causes["out"]
    assert cause.factor == "clock"
    assert "metadata.execution" in cause.remedy


def test_a_dump_of_the_environment_has_one_remedy(diagnosed: Diagnose) -> None:
    def builder(build: Build) -> Mapping[str, Files]:
        factors = {"HOME": "home", "TZ": "time-zone", "LC_ALL": "locale"}
        lines = [f"{variable}={build.word(name)}" for variable, name in factors.items()]
        filler = "-" * (900 + len(build.moved))
        return {"out": {"environment": "\n".join([*lines, f"HARNESS_FILLER={filler}"])}}

    found = diagnosed(builder)
    assert set(named(found)) == {"home", "time-zone", "locale"}
    assert len({cause.remedy for cause in found.causes["out"]}) == 1
