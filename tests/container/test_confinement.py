from dataclasses import replace
from pathlib import Path

import pytest

from harness.container.confinement import (
    ArmSpec,
    relay_settings,
    service_settings,
    shortfalls,
    socket_of,
)
from harness.errors import ToolError

SPEC = ArmSpec(
    name="candidate",
    image="sha256:1",
    relay_image="sha256:2",
    port=8000,
    run="abcd",
    directory=Path("/run/x"),
    memory_bytes=1 << 30,
    pids=64,
    cpus=(1, 3),
)
_ABLE = dict.fromkeys(("MemoryLimit", "SwapLimit", "PidsLimit", "CPUSet"), True)


def test_a_service_reaches_nothing_and_writes_nowhere_but_in_memory() -> None:
    found = service_settings(SPEC, ["/data"])
    assert found["network"] == "none"
    assert found["read_only"]
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges"]
    assert found["tmpfs"].keys() == {"/tmp", "/data"}  # noqa: S108 - in the container
    assert found["memswap_limit"] == found["mem_limit"] == 1 << 30
    assert (found["pids_limit"], found["cpuset_cpus"]) == (64, "1,3")
    assert "mounts" not in found
    assert "volumes" not in found
    assert not found["use_config_proxy"]


def test_a_relay_shares_the_services_network_and_has_one_directory() -> None:
    found = relay_settings(SPEC, "service-id", {})
    assert found["network"] == "container:service-id"
    (mount,) = found["mounts"]
    assert (mount["Source"], mount["Type"]) == ("/run/x/candidate", "bind")
    assert found["user"] != ""
    rootless = relay_settings(SPEC, "service-id", {"SecurityOptions": ["name=rootless"]})
    assert rootless["user"] == "0:0"


def test_a_socket_has_a_path_that_the_kernel_takes() -> None:
    assert socket_of(SPEC) == Path("/run/x/candidate/socket")
    long = replace(SPEC, directory=Path("/" + "d" * 100))
    with pytest.raises(ToolError, match=r"107 bytes.*choose a shorter directory"):
        socket_of(long)


@pytest.mark.parametrize("name", ["MemoryLimit", "SwapLimit", "PidsLimit", "CPUSet"])
def test_what_an_engine_cannot_limit_is_told(name: str) -> None:
    assert list(shortfalls(SPEC, _ABLE, [])) == []
    (told,) = shortfalls(SPEC, {**_ABLE, name: False}, [])
    assert "control groups lack it" in told


def test_volumes_that_an_image_declares_are_told() -> None:
    (told,) = shortfalls(SPEC, _ABLE, ["/data"])
    assert told.startswith("the image declares /data as a volume: it is empty")
