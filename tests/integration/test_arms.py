"""Facts about arms, most of them told from inside: what looks for a way out finds none."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from click.testing import CliRunner
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from harness.build.toolchain import fetch_compiler, relay, toolchain
from harness.commands.doctor import command
from harness.container.confinement import OWNER, RUN, ArmSpec
from harness.container.core.program import program_image
from harness.container.engine import Engine, RunningArm, connect
from harness.container.printed import LOG_BYTES
from harness.container.relay import relay_image
from harness.errors import InputError, ToolError
from harness.host.processors import current_system
from tests.children import started

pytestmark = [pytest.mark.docker, pytest.mark.nix]

PORT = 8080
SHELL = ("/bin/busybox", "sh", "-c")
PATIENCE = 30.0
MEBIBYTE = 2**20
DONE = "that was all"
DIRECTORIES = (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777), ("var", 0o777), ("declared", 0o777))
WRITABLE = "/tmp"  # noqa: S108 - in the container


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url="unix:///var/run/docker.sock")
    yield client
    client.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect() as engine:
        yield engine


@pytest.fixture(scope="module")
def image(client: docker.DockerClient) -> Iterator[str]:
    """An image of the seed's busybox, with a directory that is declared as a volume."""
    fetch_compiler(current_system())
    (seed,) = [need.path for need in toolchain(current_system()) if need.is_seed]
    name = f"harness-test-{uuid.uuid4().hex}"
    client.api.import_image_from_data(
        tree(Path(seed, "bin/busybox").read_bytes()), repository=name, changes=["VOLUME /declared"]
    )
    yield str(client.images.get(name).id)
    client.images.remove(name)


def tree(busybox: bytes) -> bytes:
    """Return a tar with a program, a file that is declared, and directories."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, mode in DIRECTORIES:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for name, data in (("bin/busybox", busybox), ("declared/page", b"of the image")):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
    return written.getvalue()


@dataclass(frozen=True)
class Bench:
    """Where arms of one test are started, and the specification they share."""

    engine: Engine
    spec: dict[str, Any]

    def arm(self, script: str, **changes: Any) -> RunningArm:
        """Start an arm that runs a script of busybox's shell."""
        return self.engine.start(ArmSpec(**{**self.spec, "command": (*SHELL, script), **changes}))

    def said(self, script: str, **changes: Any) -> str:
        """Return what a script printed, errors included."""
        with self.arm(f"({script}) 2>&1; echo {DONE}; sleep 60", **changes) as arm:
            await_true(lambda: DONE in arm.logs())
            return arm.logs().partition(DONE)[0]


@pytest.fixture
def bench(engine: Engine, image: str, tmp_path: Path) -> Bench:
    return Bench(
        engine,
        {
            "name": "a",
            "image": image,
            "relay_image": relay_image(engine, relay(current_system()), current_system()),
            "port": PORT,
            "run": uuid.uuid4().hex,
            "directory": tmp_path,
            "memory_bytes": 64 * MEBIBYTE,
            "pids": 32,
        },
    )


def await_true(holds: Any) -> None:
    """Wait until something holds, for a while."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def host_addresses() -> list[str]:
    """Return this machine's own addresses, IPv4 and IPv6, without the loopback's."""
    lines = subprocess.run(
        ["ip", "-o", "addr", "show", "scope", "global"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [re.sub("/.*", "", line.split()[3]) for line in lines]


@contextlib.contextmanager
def listening(kind: socket.SocketKind) -> Iterator[tuple[int, list[bytes]]]:
    """Listen on every address of this machine; what arrived is there at the end."""
    arrived: list[bytes] = []
    with socket.socket(socket.AF_INET6, kind) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("::", 0))
        if kind is socket.SOCK_STREAM:
            server.listen()
        server.setblocking(False)
        yield server.getsockname()[1], arrived
        with contextlib.suppress(BlockingIOError):
            while True:
                arrived.append(received(server))


def received(server: socket.socket) -> bytes:
    """Return a datagram, or the word for a connection that was made."""
    if server.type is socket.SOCK_DGRAM:
        return server.recv(99)
    server.accept()[0].close()
    return b"connection"


def test_there_is_no_interface_but_the_loopback(bench: Bench) -> None:
    said = bench.said(
        f"{SHELL[0]} ls /sys/class/net; {SHELL[0]} tail -n +2 /proc/net/route;"
        f"{SHELL[0]} awk '$10 != \"lo\"' /proc/net/ipv6_route"
    )
    assert said.split() == ["lo"]


def test_no_address_of_this_machine_takes_a_connection(bench: Bench) -> None:
    with listening(socket.SOCK_STREAM) as (port, arrived):
        addresses = ["127.0.0.1", "::1", "172.17.0.1", *host_addresses()]
        said = bench.said(
            "\n".join(f"echo x | {SHELL[0]} nc -w 2 {one} {port} && echo IN" for one in addresses)
        )
        with socket.create_connection(("127.0.0.1", port)):
            pass
    assert arrived == [b"connection"], "the one made from outside, and no other"
    assert "IN" not in said.split()
    assert said.count("nc: ") == len(addresses)


def test_no_datagram_leaves(bench: Bench) -> None:
    with listening(socket.SOCK_DGRAM) as (port, arrived):
        addresses = ["127.0.0.1", "172.17.0.1", *host_addresses()]
        said = bench.said(
            "\n".join(
                f"{SHELL[0]} timeout 2 {SHELL[0]} tftp -g -r x -l /tmp/x {one} {port} && echo IN"
                for one in addresses
            )
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"control", ("127.0.0.1", port))
    assert arrived == [b"control"], "the one sent from outside, and no other"
    assert "IN" not in said.split()


def test_no_name_is_resolved(bench: Bench) -> None:
    said = bench.said(
        f"{SHELL[0]} timeout 3 {SHELL[0]} nslookup debian.org && echo IN;"
        f"{SHELL[0]} timeout 3 {SHELL[0]} nslookup debian.org 172.17.0.1 && echo IN"
    )
    assert "IN" not in said.split()


def test_nothing_of_this_machine_is_mounted(bench: Bench) -> None:
    """But the three files that an engine itself writes for each container, which are read-only."""
    said = bench.said(f"{SHELL[0]} cat /proc/self/mountinfo")
    virtual = {"proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "overlay"}
    mounts = [line.split() for line in said.splitlines()]
    assert len(mounts) > len(virtual)
    others = {one[4]: one[5] for one in mounts if one[one.index("-") + 1] not in virtual}
    assert {*others} <= {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts"}
    assert all(options.split(",")[0] == "ro" for options in others.values())


def test_no_socket_of_the_engine_or_of_the_arm_is_there(bench: Bench) -> None:
    said = bench.said(
        f"{SHELL[0]} find / -xdev -type s; {SHELL[0]} find / -name '*.sock' -not -path '/proc/*';"
        f"{SHELL[0]} tail -n +2 /proc/net/unix"
    )
    listed = [line for line in said.splitlines() if not line.endswith(f"/run/arm/socket{'.new'}")]
    assert listed == []


def test_only_the_relay_has_a_directory_of_this_machine(
    bench: Bench, client: docker.DockerClient
) -> None:
    with bench.arm("sleep 60") as arm:
        mounts = {
            container.name: [one["Source"] for one in container.attrs["Mounts"]]
            for container in client.containers.list(filters={"label": f"{RUN}={bench.spec['run']}"})
        }
    name = f"harness-{bench.spec['run']}-a"
    assert mounts == {name: [], f"{name}-relay": [str(arm.socket.parent)]}


def test_the_root_is_read_only_and_what_may_be_written_is_memory(bench: Bench) -> None:
    directories = ["/", "/bin", "/etc", "/var", WRITABLE, "/declared"]
    said = bench.said("\n".join(f"echo x >{one}/new && echo {one}" for one in directories))
    assert [line for line in said.splitlines() if line in directories] == [WRITABLE, "/declared"]
    assert said.count("Read-only file system") == len(directories) - 2


def test_a_declared_volume_is_empty_and_that_is_told(bench: Bench) -> None:
    with bench.arm("/bin/busybox ls /declared; echo all; sleep 60") as arm:
        await_true(lambda: arm.logs() == "all\n")
        assert [said for said in arm.shortfalls if "/declared" in said]


def test_there_is_no_capability_and_no_way_to_get_one(bench: Bench) -> None:
    said = bench.said(f"{SHELL[0]} cat /proc/self/status", user="0:0")
    fields = dict(line.split(":\t", 1) for line in said.splitlines())
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[name], 16) == 0
    assert fields["NoNewPrivs"] == "1"


def test_no_memory_is_dumped_even_where_the_host_has_a_program_take_it(bench: Bench) -> None:
    said = bench.said(f"{SHELL[0]} grep core /proc/self/limits")
    assert said.split() == ["Max", "core", "file", "size", "1", "1", "bytes"]


def test_root_inside_may_not_change_what_it_sees(bench: Bench) -> None:
    said = bench.said(
        f"{SHELL[0]} mount -t tmpfs x /tmp && echo DONE; {SHELL[0]} chown 1 /tmp && echo DONE;"
        f"{SHELL[0]} ip link add d type dummy && echo DONE;"
        f"{SHELL[0]} mknod /tmp/a b 254 0 && echo DONE",
        user="0:0",
    )
    assert "DONE" not in said.split()


def test_processes_are_limited(bench: Bench) -> None:
    said = bench.said(
        "i=0; while [ $i -lt 60 ]; do (sleep 5 & echo started) ; i=$((i+1)); done", pids=24
    )
    assert 1 <= said.count("started") < 60
    assert "fork" in said


def test_memory_is_limited_and_the_end_is_told(bench: Bench) -> None:
    grow = "sleep 1; exec /bin/busybox awk 'BEGIN { s = \"x\"; while (1) s = s s }'"
    with bench.arm(grow, memory_bytes=16 * MEBIBYTE) as arm:
        await_true(arm.ended)
        assert re.fullmatch("ended with status 137, .*memory", arm.ended())
        with pytest.raises(ToolError, match=r"arm a: ended with status 137, .*memory"):
            arm.stats()


def test_files_in_memory_count_as_memory(bench: Bench) -> None:
    said = bench.said(
        f"{SHELL[0]} dd if=/dev/zero of=/tmp/x bs=1M count=100 && echo WRITTEN",
        memory_bytes=16 * MEBIBYTE,
    )
    assert "WRITTEN" not in said.split()


def test_use_is_counted(bench: Bench) -> None:
    burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo burnt; sleep 60"
    with bench.arm(burn) as arm:
        before = arm.stats()
        await_true(lambda: "burnt" in arm.logs())
        after = arm.stats()
    assert after.cpu_seconds > 0.05
    assert after.cpu_seconds >= before.cpu_seconds
    assert 0 < after.memory_bytes <= after.memory_peak_bytes <= 64 * MEBIBYTE


def test_processors_are_those_that_were_named(bench: Bench) -> None:
    said = bench.said(f"{SHELL[0]} grep Cpus_allowed_list /proc/self/status", cpus=(0,))
    assert said.split() == ["Cpus_allowed_list:", "0"]


def test_the_socket_is_for_this_user_alone_and_reaches_the_service(bench: Bench) -> None:
    serve = f"echo found >/tmp/page; exec {SHELL[0]} httpd -f -p 127.0.0.1:{PORT} -h /tmp"
    with bench.arm(serve) as arm:
        assert stat.filemode(arm.socket.stat().st_mode) == "srw-------"
        assert stat.filemode(arm.socket.parent.stat().st_mode) == "drwx------"
        assert arm.socket.stat().st_uid == os.getuid()
        await_true(lambda: b"found" in answer(arm.socket, b"GET /page HTTP/1.0\r\n\r\n"))
    assert not arm.socket.parent.exists()
    assert arm.started_seconds < time.monotonic()


def answer(path: Path, request: bytes) -> bytes:
    """Send a request and return all that comes until the end."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(os.fspath(path))
        with contextlib.suppress(OSError):
            line.sendall(request)
        received = bytearray()
        with contextlib.suppress(OSError):
            while more := line.recv(65536):
                received += more
        return bytes(received)


def test_what_is_printed_is_bounded_and_cannot_move_a_terminals_cursor(bench: Bench) -> None:
    flood = f"{SHELL[0]} yes | {SHELL[0]} head -c 2000000; printf '\\033[2Jlast words'; sleep 60"
    with bench.arm(flood) as arm:
        await_true(lambda: "last words" in arm.logs(20))
        assert len(arm.logs()) == LOG_BYTES + len("\\x1b") - 1
        assert "\033" not in arm.logs()
        assert arm.logs(0) == ""


def test_what_is_printed_is_not_on_the_engines_disk(
    bench: Bench, client: docker.DockerClient
) -> None:
    with bench.arm("echo secret; sleep 60") as arm:
        await_true(lambda: "secret" in arm.logs())
        container = client.containers.get(f"harness-{bench.spec['run']}-a")
        assert container.attrs["HostConfig"]["LogConfig"]["Type"] == "none"
        assert container.attrs["LogPath"] == ""


def test_an_arm_that_cannot_start_leaves_nothing_and_tells_no_value(
    bench: Bench, client: docker.DockerClient
) -> None:
    spec = ArmSpec(**bench.spec, command=("/hunter2",), environment={"PASSWORD": "hunter2"})
    with pytest.raises(ToolError, match=r"arm a: .*exec.*/\*\*\*") as raised:
        bench.engine.start(spec)
    assert "hunter2" not in str(raised.value)
    assert not (spec.directory / "a").exists()
    assert containers_of(client, spec.run) == []


def test_a_relay_that_does_not_listen_is_told_with_its_words(
    bench: Bench, client: docker.DockerClient
) -> None:
    with pytest.raises(ToolError, match=r"the relay .* status 2: usage: relay PORT SOCKET"):
        bench.arm("sleep 60", port=70_000)
    assert containers_of(client, bench.spec["run"]) == []


def test_a_service_that_ends_at_once_is_told_with_its_words(
    bench: Bench, client: docker.DockerClient
) -> None:
    with pytest.raises(
        ToolError, match=r"arm a: ended with status 3: no model for \*\*\*"
    ) as raised:
        bench.arm("echo no model for $WHO; exit 3", environment={"WHO": "hunter2"})
    assert "hunter2" not in str(raised.value)
    assert containers_of(client, bench.spec["run"]) == []


def test_a_directory_too_deep_for_a_socket_is_refused(bench: Bench, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    with pytest.raises(ToolError, match="shorter directory"):
        bench.engine.start(ArmSpec(**{**bench.spec, "directory": deep}))


def containers_of(client: docker.DockerClient, run: str) -> list[str]:
    """Return the names of a run's containers, whatever their state."""
    found = client.containers.list(all=True, filters={"label": f"{RUN}={run}"})
    return sorted(str(container.name) for container in found)


START_AND_STAY = """
import sys
from contextlib import suppress
from pathlib import Path
from harness.container.engine import ArmSpec, connect

image, relay, run, directory = sys.argv[1:]
spec = ArmSpec(
    name="a", image=image, relay_image=relay, port=80, run=run, directory=Path(directory),
    memory_bytes=2**24, pids=32, command=("/bin/busybox", "sleep", "300"),
)
with connect() as engine, suppress(KeyboardInterrupt), engine.start(spec):
    print("started", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_left_is_removed_and_nothing_else(
    bench: Bench, client: docker.DockerClient, image: str, tmp_path: Path
) -> None:
    run = uuid.uuid4().hex
    (tmp_path / "killed").mkdir()
    argv = [image, bench.spec["relay_image"], run, str(tmp_path / "killed")]
    argv = [sys.executable, "-c", START_AND_STAY, *argv]
    with started(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "started\n"
        left = [f"harness-{run}-a", f"harness-{run}-a-relay"]
        bench.engine.remove_left_over()
        assert containers_of(client, run) == left, "their owner lives"
        killed.send_signal(signal.SIGKILL)
    testcontainers_config.ryuk_disabled = True
    others = DockerContainer(image, command="/bin/busybox sleep 300", network_mode="none")
    with others as other, bench.arm("sleep 300") as own:
        assert {*left} <= {*removed_by_doctor()}
        assert containers_of(client, run) == []
        assert own.ended() == ""
        other.get_wrapped_container().reload()
        assert other.get_wrapped_container().status == "running"


def test_an_interrupted_run_leaves_nothing(
    bench: Bench, client: docker.DockerClient, image: str, tmp_path: Path
) -> None:
    run = uuid.uuid4().hex
    argv = [image, bench.spec["relay_image"], run, str(tmp_path)]
    argv = [sys.executable, "-c", START_AND_STAY, *argv]
    with started(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as interrupted:
        assert interrupted.stdout is not None
        assert interrupted.stdout.readline() == "started\n"
        interrupted.send_signal(signal.SIGINT)
        interrupted.wait(PATIENCE)
    assert containers_of(client, run) == []
    assert list(tmp_path.iterdir()) == []


def removed_by_doctor() -> list[str]:
    """Return what `harness doctor --clean` says it removed."""
    result = CliRunner().invoke(command, ["--clean"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    return [line.split()[-1] for line in lines if line.startswith("removed container ")]


def test_labels_name_the_run_and_its_owner(bench: Bench, client: docker.DockerClient) -> None:
    with bench.arm("sleep 300"):
        for name in containers_of(client, bench.spec["run"]):
            assert client.containers.get(name).labels.keys() >= {OWNER, RUN}


def test_an_image_that_was_loaded_for_a_while_goes(bench: Bench) -> None:
    new = program_image("harness-test", uuid.uuid4().bytes, system=current_system(), labels={})
    with bench.engine.loaded([new.archive]) as loaded:
        assert loaded == new.id
        assert bench.engine.has_image(new.id)
    assert not bench.engine.has_image(new.id)


def test_an_image_that_was_there_stays(bench: Bench, tmp_path: Path) -> None:
    program = relay(current_system()).read_bytes()
    archive = tmp_path / "relay.tar"
    there = program_image(
        "harness-relay", program, system=current_system(), labels={"harness-relay": "1"}
    )
    archive.write_bytes(there.archive)
    with bench.engine.loaded(archive) as loaded:
        assert loaded == bench.spec["relay_image"]
    assert bench.engine.has_image(loaded)


def test_an_archive_takes_no_tag_from_another_image(
    bench: Bench, client: docker.DockerClient, tmp_path: Path
) -> None:
    mine, foreign = (
        program_image("harness-test", uuid.uuid4().bytes, system=current_system(), labels={})
        for _ in range(2)
    )
    with bench.engine.loaded([mine.archive]):
        (tag,) = client.images.get(mine.id).tags
        (theirs,) = tarred_tags(foreign.archive)
        archive = tmp_path / "foreign.tar"
        archive.write_bytes(foreign.archive.replace(theirs.encode(), tag.encode()))
        with bench.engine.loaded(archive) as loaded:
            assert loaded == foreign.id
            assert client.images.get(foreign.id).tags == []
            assert client.images.get(tag).id == mine.id
        assert client.images.get(tag).id == mine.id


def tarred_tags(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        table = found.extractfile("manifest.json")
        assert table is not None
        tags: list[str] = json.load(table)[0]["RepoTags"]
        return tags


def test_an_archive_that_is_none_is_refused_in_the_engines_words(bench: Bench) -> None:
    with pytest.raises(ToolError, match="loading an image: the container engine"):
        bench.engine.load([b"no archive"])


def test_an_image_is_found_by_its_id_and_one_that_is_not_there_is_the_users_to_bring(
    bench: Bench, image: str
) -> None:
    facts = bench.engine.image(image)
    assert facts.id == image
    assert facts.digests == ()
    assert facts.size > MEBIBYTE
    assert "/declared" in facts.config["Volumes"]
    with pytest.raises(InputError, match="docker pull"):
        bench.engine.image("harness-nobody-has-this:latest")
