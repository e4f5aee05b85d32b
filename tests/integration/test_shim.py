"""Each lever of the shim, seen from bash, Python and C programs in the sandbox."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from harness.build.realise import build
from harness.build.toolchain import compiled_derivation, shim
from harness.fetch.bring import fetch
from harness.host.processors import current_system
from harness.project.repository import Repository
from harness.store import builds, nix
from harness.verify.core.factors.conditions import Reach
from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import Setting
from harness.verify.sandbox import perturbed
from tests.corpus.runner import HERE as CORPUS

pytestmark = [pytest.mark.nix, pytest.mark.network]

_EXPRESSION = """
{ tools, script, run, system, seed }:
let path = builtins.storePath tools; in
{
  it = derivation {
    name = "harness-test";
    inherit system run;
    builder = "${path}/bin/bash";
    args = [ "-euc" script ];
    PATH = "${path}/bin";
    inherit path;
    seed = builtins.storePath seed;
  };
}
"""
_PYTHON = "python3 -sBc '{}' > $out"
_C = r"""
cat > program.c <<END
int printf(char *, ...);
void exit(int);
{}
void _start() {
#ifdef __x86_64__
    asm("and \$-16, %rsp");
#endif
    exit(main());
}
END
libraries=$(echo $path/usr/lib/*-linux-gnu)
tcc -B$libraries/tcc -L$libraries -nostdlib -o program program.c $libraries/libc.so.6
$libraries/ld-linux-*.so.* --library-path $libraries ./program > $out
"""
_WHOLE = Reach()
Run = Callable[[str, str], str]


@pytest.fixture(scope="module")
def tools() -> str:
    (environment,) = Repository(root=CORPUS).select(["tools"])
    fetch([environment], system=current_system())
    return build(environment, ["base"], system=current_system()).outputs[0]


@cache
def _seed() -> str:
    (environment,) = Repository(root=CORPUS).select(["tools"])
    return build(environment, ["seed"], system=current_system()).outputs[0]


@pytest.fixture
def run(tools: str, tmp_path: Path) -> Run:
    """Run a script as a builder under a configuration and return what it wrote."""

    def run_one(configuration: str, script: str) -> str:
        return _outputs(tools, tmp_path, [configuration], script)[0]

    return run_one


def _outputs(
    tools: str,
    directory: Path,
    configurations: Sequence[str],
    script: str,
    reach: Reach = _WHOLE,
) -> list[str]:
    path = _built(tools, directory, script)
    found = [_rebuilt(path, configuration) for configuration in configurations]
    assert [replace(came, counted=False, shares=False) for _, came in found] == [reach] * len(found)
    return [text for text, _ in found]


def _built(tools: str, directory: Path, script: str) -> str:
    """Build and return the derivation."""
    expression = directory / "test.nix"
    expression.write_text(_EXPRESSION)
    arguments = {
        "tools": tools,
        "script": script,
        "seed": _seed(),
        "run": uuid.uuid4().hex,
        "system": current_system(),
    }
    (path,) = nix.instantiate(expression, arguments=arguments, attributes=["it"])
    completed = builds.realise([path])
    assert completed.status == 0, completed.said
    return path


def _rebuilt(derivation: str, configuration: str) -> tuple[str, Reach]:
    (output,) = nix.outputs([derivation])
    with perturbed(Setting(shim=configuration), shim=shim(current_system())) as prepared:
        rebuilt = builds.rebuild(derivation, [output], prepared.under)
        assert not rebuilt.failed, rebuilt.said
        reach = prepared.reach()
    kept = rebuilt.differing.get(output)
    text = Path(kept or output).read_text()
    if kept:
        nix.discard(Path(kept))
    return text, reach


def test_the_shim_is_built_by_nix_from_locked_inputs_alone() -> None:
    shim(current_system())
    derivation = compiled_derivation("shim", current_system())
    rebuilt = builds.rebuild(derivation, nix.outputs([derivation]))
    assert rebuilt.status == 0, rebuilt.said


def test_pinned_clocks_begin_at_their_value_in_every_process_and_advance(run: Run) -> None:
    configuration = "clock pinned 1717236184\nmonotonic pinned 5000\n"
    script = "date +%s > $out; printf '%(%s)T\\n' -1 >> $out; date +%s >> $out"
    assert run(configuration, script).split() == ["1717236184"] * 3
    timed = "import time; a = time.time(); time.sleep(2); print(time.time() - a, time.monotonic())"
    elapsed, steady = map(float, run(configuration, _PYTHON.format(timed)).split())
    assert 2 <= elapsed < 2.1
    assert 5002 <= steady < 5003


def test_clocks_are_moved_for_bash_python_and_c(run: Run) -> None:
    configuration = "clock offset 1000000000\n"
    source = 'long time(long *); int main() { printf("%ld", time(0)); return 0; }'
    bash = int(run(configuration, "echo $EPOCHSECONDS > $out"))
    python = float(run(configuration, _PYTHON.format("import time; print(time.time())")))
    c = int(run(configuration, _C.replace("{}", source)))
    for seen in (bash, python, c):
        assert 1e9 < seen - 1.7e9 < 2e9


_TIMES = "clock {0}\nfile-times {0}\n"
_MADE = (
    "touch first; sleep 1.1; touch second; cp -p first copy; touch -r second same; "
    "touch -d @2000000000 future; touch -d @1000000000 past; mkdir d; tar cf t first second; "
    "tar xf t -C d; sleep 1.1; echo text > third; "
)


@pytest.mark.parametrize("lever", ["offset 48078188", "pinned 1795900000"])
def test_times_of_new_files_go_with_the_clock_and_keep_their_order(run: Run, lever: str) -> None:
    script = _MADE + (
        "{ date +%s; stat -c %Y third; "
        "python3 -sBc 'import os; print(os.stat(\"third\").st_mtime)'; "
        "stat -c %Y future past $path/bin/cat; [ second -nt first ] && [ ! first -nt copy ] && "
        "[ ! copy -nt first ] && [ ! second -nt same ] && [ third -nt same ] && "
        "[ ! d/first -nt first ] && [ ! d/second -nt second ] && echo ordered; "
        "find . -newermt @$(($(date +%s) + 1)); } > $out"
    )
    now, third, precise, *words = run(_TIMES.format(lever), script).split()
    assert 0 <= int(now) - int(third) < 60
    assert int(float(precise)) == int(third)
    assert words == ["2000000000", "1000000000", "1", "ordered", "./future"]
    if lever.startswith("offset"):
        assert int(now) > time.time() + 4e7
    else:
        assert third == "1795899999"


@pytest.mark.parametrize("lever", ["offset 86461", "pinned 5000"])
def test_waiting_until_a_time_takes_as_long_as_it_should(run: Run, lever: str) -> None:
    timed = (
        "import threading, queue, subprocess; event = threading.Event(); "
        "print(event.wait(0.2)); "
        "done = threading.Timer(0.2, event.set); done.start(); print(event.wait(30)); "
        "q = queue.Queue()\ntry: q.get(timeout=0.2)\nexcept queue.Empty: print(0)\n"
        'subprocess.run(["sleep", "0.1"], timeout=30); print("end")'
    )
    text = run(f"clock {lever}\nmonotonic {lever}\n", _PYTHON.format(timed))
    assert text.split() == ["False", "True", "0", "end"]


def test_random_numbers_and_names_depend_on_the_seed_alone(tools: str, tmp_path: Path) -> None:
    script = (
        "head -c 3000000 /dev/urandom | md5sum | cut -c1-32 > $out; "
        "head -c 8 < /dev/random | od -An -x >> $out; "
        "cat /proc/sys/kernel/random/uuid >> $out; python3 -sBc '"
        "import os, secrets, tempfile, uuid; print(uuid.uuid4(), "
        "os.urandom(4).hex(), secrets.token_hex(4), tempfile.mkdtemp())' >> $out; "
    )
    first, again, other = _outputs(
        tools, tmp_path, ["random 1\n", "random 1\n", "random 2\n"], script
    )
    assert first == again
    assert not set(first.split()) & set(other.split())


def test_directories_are_listed_in_the_order_that_is_asked_for(run: Run) -> None:
    made = "mkdir d; touch d/{b,c,a,e,d}; ls -U d > $out; "
    listed = (
        f"{made} python3 -sBc 'import os; print(*os.listdir(\"d\"))' >> $out; "
        "echo d/* >> $out; find d -type f >> $out"
    )
    for order, letters in (("sorted", "abcde"), ("reversed", "edcba")):
        words = run(f"directory-order {order}\n", listed).split()
        assert words[:10] == [*letters, *letters]
        assert words[10:15] == [f"d/{letter}" for letter in "abcde"]
        assert words[15:] == [f"d/{letter}" for letter in letters]
    back = run("directory-order backwards\n", f"{made} cp $out kernel; ls -U d >> $out").split()
    assert sorted(back) == sorted("abcde" * 2)


def test_a_tree_can_be_removed_while_it_is_listed(run: Run) -> None:
    script = "mkdir -p d/{1,2,3}/{x,y}; touch d/{1,2,3}/{x,y}/{p,q,r}; rm -r d; ls > $out"
    assert "d" not in run("directory-order shuffled 7\n", script).split()


def test_names_of_the_host_and_the_kernel(run: Run) -> None:
    script = (
        "echo $HOSTNAME > $out; uname -nr >> $out; cat /proc/sys/kernel/hostname >> $out; "
        "python3 -sBc 'import socket, os; print(socket.gethostname(), os.uname().release)' >> $out"
    )
    words = run("host elsewhere\nrelease 9.8.7\n", script).split()
    assert words == ["elsewhere", "elsewhere", "9.8.7", "elsewhere", "elsewhere", "9.8.7"]


def test_variables_and_umask_are_set_once_and_a_script_may_set_its_own(run: Run) -> None:
    script = (
        'echo ${TZ-} $HOME > $out; export TZ=UTC; umask 027; bash -c "umask; echo \\$TZ" >> $out; '
        "printenv TZ >> $out"
    )
    words = run("env TZ=HRN-11:47\nenv HOME=/elsewhere\numask 0077\n", script).split()
    assert words == ["HRN-11:47", "/elsewhere", "0027", "UTC", "UTC"]
    assert run("umask 0077\n", "umask > $out").strip() == "0077"


_LOCALE = "".join(
    f"{line}\n" for factor in registered() if factor.name == "locale" for line in factor.moved
)


def test_a_locale_with_other_letters_order_and_numbers_is_there(run: Run) -> None:
    script = (
        "letter=i; { printf é | wc -m; printf 'a\\nB\\n' | sort | tr -d '\\n'; echo; "
        "echo ${letter^}; printf '%.1f\\n' 1.5 || printf '%.1f\\n' 1,5; "
        'python3 -sBc \'import locale; print(locale.setlocale(locale.LC_ALL, ""), '
        "locale.str(1.5))'; "
        "} > $out"
    )
    assert run("", script).split() == ["2", "Ba", "I", "1.5", "C", "1.5"]
    assert run(_LOCALE, script).split() == [
        *("1", "aB", "İ", "1,0", "1,5", "tr_TR.UTF-8", "1,5"),
    ]


def test_a_locale_that_the_c_library_cannot_load_is_not_named(tools: str, tmp_path: Path) -> None:
    """Programs complain of a locale that is not there, and builders keep what they say."""
    script = "{ perl -e 'print \"fine\n\"'; bash -c 'echo ${LANG-unset}'; } > $out 2>&1"
    assert _outputs(tools, tmp_path, [_LOCALE], script) == ["fine\ntr_TR.UTF-8\n"]
    absent = _LOCALE.replace("tr_TR", "xx_XX")
    lost = _outputs(tools, tmp_path, [absent], script, Reach(knows_locale=False))
    assert lost == ["fine\nunset\n"]


def test_variables_that_only_take_room_are_seen_by_no_program(run: Run) -> None:
    script = (
        "{ env; tr '\\0' '\\n' < /proc/self/environ; sort -u /proc/$$/environ; "
        "env -i $path/bin/env; python3 -sBc 'import os, subprocess; "
        'print(os.environ, subprocess.check_output(["env"]))\'; } > $out'
    )
    seen = run("env HARNESS_FILLER=---\nenv HARNESS_FILLER_5=-----\nenv HOME=/there\n", script)
    assert "HARNESS" not in seen
    assert seen.count("HOME=/there") == 4


def test_the_room_that_variables_take_is_the_same_in_every_program(
    tools: str, tmp_path: Path
) -> None:
    source = (
        "extern char **environ; int main() { char **one = environ; long size = 0;"
        "while (*one) one++; one++;"
        'printf("%p", one); return 0; }'
    )
    homes = ("/a", "/a/much/longer/home/than/that")
    rooms = [f"env HOME={home}\nenv HARNESS_FILLER={'-' * (99 - len(home))}\n" for home in homes]
    same = _outputs(tools, tmp_path, rooms, _C.replace("{}", source))
    assert len(set(same)) == 1


def test_the_layout_of_memory_is_random_again_and_fresh_memory_is_not_empty(
    tools: str, tmp_path: Path
) -> None:
    source = (
        "void *malloc(long); int main() { unsigned char *one = malloc(5000);"
        'printf("%p %d", one, one[4000]); return 0; }'
    )
    lever = "address-layout random\n"
    fixed, again, one, other = _outputs(
        tools, tmp_path, ["", "", lever, lever], _C.replace("{}", source)
    )
    assert fixed == again
    assert one.split()[0] != other.split()[0]
    assert one.split()[1] == other.split()[1] != fixed.split()[1] == "0"


def test_the_number_of_processors(run: Run) -> None:
    counted = "import os; print(os.cpu_count(), len(os.sched_getaffinity(0)))"
    script = f"nproc > $out; python3 -sBc '{counted}' >> $out"
    assert run("cpus 7\n", script).split() == ["7", "7", "7"]


def test_a_program_without_shared_libraries_and_a_broken_configuration_do_no_harm(
    run: Run,
) -> None:
    seed = "nonsense\n\nclock\nclock pinned x\n" + "a" * 30000
    assert run(seed, "echo fine > $out").strip() == "fine"


def test_a_builder_that_closes_its_output_is_not_killed_before_its_end(run: Run) -> None:
    script = "for ((i = 0; i < 200000; i++)); do :; done; echo ended > $out"
    close = "if [ -e /dev/harness/conf ]; then exec 1>&- 2>&-; fi"
    assert run("umask 0022", f"{close}; {script}") == "ended\n"


_STARTS = """
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None)
call, path = sys.argv[1:]
words = [b"busybox", b"true", None]
array, empty = (ctypes.c_char_p * 3)(*words), (ctypes.c_char_p * 1)(None)
execve = {"x86_64": 59, "aarch64": 221}[os.uname().machine]
starts = {
    "execv": lambda: os.execv(path, ["busybox", "true"]),
    "execvp": lambda: libc.execvp(os.path.basename(path).encode(), array),
    "execl": lambda: libc.execl(path.encode(), *words),
    "execle": lambda: libc.execle(path.encode(), *words, empty),
    "fexecve": lambda: os.execve(os.open(path, os.O_RDONLY), ["busybox", "true"], {}),
    "number": lambda: libc.syscall(execve, path.encode(), array, empty),
}
os.environ["PATH"] = os.path.dirname(path)
if call == "vfork":
    subprocess.run(["busybox", "true"], executable=path, check=False)
elif call == "spawn":
    os.waitpid(os.posix_spawn(path, ["busybox", "true"], {}), 0)
elif os.fork():
    os.wait()
else:
    starts[call]()
"""
_CALLS = ("execl", "execle", "execv", "execvp", "fexecve", "number", "spawn", "vfork")


def test_a_static_program_is_named_however_it_is_started_and_others_are_not(
    tools: str, tmp_path: Path
) -> None:
    started = "".join(
        f"cp $seed/bin/busybox {call}; cp $path/bin/true true-{call}; "
        f"python3 -sB start.py {call} $PWD/{call}; python3 -sB start.py {call} $PWD/true-{call}\n"
        for call in _CALLS
    )
    script = (
        f"cat > start.py <<'END'\n{_STARTS}\nEND\n{started}"
        "cp $seed/bin/busybox .; printf '#!%s/busybox sh\\necho script' $PWD > script; "
        "chmod +x script; ./script; rm busybox; ./script || env -i $path/bin/true; "
        "echo $EPOCHSECONDS > $out"
    )
    _outputs(tools, tmp_path, ["clock pinned 5"], script, Reach(beyond=("busybox", *_CALLS)))


@pytest.mark.parametrize(
    ("script", "shares"),
    [
        ("python3 -sBc 'import threading as t; t.Thread(target=print).start()'", True),
        ("python3 -sBc 'import mmap, os; m = mmap.mmap(-1, 1); os.fork() and os.wait()'", True),
        ("python3 -sBc 'import os; os.fork() and os.wait()'", False),
        ("echo a | cat & echo b | cat; wait", False),
    ],
)
def test_threads_and_processes_with_memory_in_common_are_told(
    tools: str, tmp_path: Path, script: str, *, shares: bool
) -> None:
    _, reach = _rebuilt(_built(tools, tmp_path, f"{script}; echo > $out"), "schedule 1\n")
    assert reach.shares is shares
