"""Facts about the statistics of an engine; the objects are cut from what Docker answered."""

from typing import Any

import pytest

from harness.container.core.usage import Usage, decode_usage

CPU = {"cpu_usage": {"total_usage": 1_500_000_000, "usage_in_kernelmode": 20_000_000}}
VERSION_1 = {
    "cpu_stats": CPU,
    "memory_stats": {
        "usage": 3_000_000,
        "max_usage": 5_000_000,
        "limit": 67_108_864,
        "stats": {"inactive_file": 7, "total_inactive_file": 1_000_000},
    },
}
VERSION_2 = {
    "cpu_stats": CPU,
    "memory_stats": {"usage": 3_000_000, "limit": 67_108_864, "stats": {"inactive_file": 500_000}},
}


def test_control_groups_of_version_1_know_their_peak() -> None:
    assert decode_usage(VERSION_1) == Usage(
        memory_bytes=2_000_000, memory_peak_bytes=5_000_000, cpu_seconds=1.5
    )


def test_with_version_2_the_peak_is_what_is_seen() -> None:
    assert decode_usage(VERSION_2) == Usage(
        memory_bytes=2_500_000, memory_peak_bytes=3_000_000, cpu_seconds=1.5
    )


@pytest.mark.parametrize("memory", [{}, None])
def test_a_container_that_ended_has_no_usage(memory: dict[str, Any] | None) -> None:
    assert decode_usage({"cpu_stats": CPU, "memory_stats": memory}) is None


def test_files_that_exceed_what_is_charged_are_not_taken_off() -> None:
    usage = decode_usage(
        {"cpu_stats": CPU, "memory_stats": {"usage": 5, "stats": {"inactive_file": 9}}}
    )
    assert usage is not None
    assert usage.memory_bytes == 5
