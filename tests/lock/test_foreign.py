import hashlib
from pathlib import Path

import pytest

from harness.errors import InputError, IntegrityError
from harness.lock.foreign import Foreign, Wishes, followed, read_foreign, wishes_of
from harness.lock.freshness import stale_reasons
from harness.lock.make import lock
from harness.lock.requirements import add
from harness.lock.take_over import take_over
from harness.project.core.spec import DependenciesFrom
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import anew, empty, pins


def _sha256(index: Index, name: str) -> str:
    return hashlib.sha256(index.server.files[f"/files/{name}"]).hexdigest()


def _file(environment: Environment, text: str, name: str = "requirements.txt") -> Path:
    path = environment.repository / name
    path.write_text(text)
    return path


def test_a_compiled_requirements_file_is_a_lock_whose_versions_and_files_are_kept(
    environment: Environment, private: Index
) -> None:
    private.publish("c", requires=["d"])
    private.publish("c", "2", requires=["d"])
    private.publish("d")
    private.publish("d", tag="py2.py3-none-any")
    empty(environment)
    text = f"c==1 --hash=sha256:{_sha256(private, 'c-1-py3-none-any.whl')}\n"
    text += f"d==1 \\\n    --hash=sha256:{_sha256(private, 'd-1-py2.py3-none-any.whl')}\n"
    text += "w==1 ; sys_platform == 'win32' --hash=sha256:" + "0" * 64 + "\n-e .\n"
    path = _file(environment, text)
    locked = take_over(environment, read_foreign(path), record_urls=False)
    assert pins(locked.lock) == {"c": "1", "d": "1"}
    assert [one.wheels[0].file for one in locked.lock.packages][1] == "d-1-py2.py3-none-any.whl"
    assert environment.spec().dependencies == ("c",)
    assert locked.notices[0].text == (
        f'{path}: kept 2 of 4 packages; not kept: w 1 (for sys_platform == "win32"); '
        f"{path}:5: -e (an editable install is one's own package: [project] of env.toml)"
    )
    assert stale_reasons(anew(environment)) == []


def test_a_file_that_has_none_of_the_hashes_is_not_locked(
    environment: Environment, private: Index
) -> None:
    private.publish("c")
    empty(environment)
    before = environment.spec_path.read_text()
    path = _file(environment, "c==1 --hash=sha256:" + "0" * 64)
    with pytest.raises(IntegrityError, match=r"^c 1: no file .* hashes .* has c-1-py3-none-any"):
        take_over(environment, read_foreign(path), record_urls=False)
    assert environment.spec_path.read_text() == before


def test_requirements_that_leave_versions_open_are_declared_and_their_files_are_held(
    environment: Environment, private: Index
) -> None:
    private.publish("c", requires=["d"])
    private.publish("c", "2", requires=["d"])
    private.publish("d")
    empty(environment)
    path = _file(environment, "c<2  # for now\nhttps://example.invalid/x.whl\n")
    locked = take_over(environment, read_foreign(path), record_urls=False)
    assert environment.spec().dependencies == ("c<2",)
    assert pins(locked.lock) == {"c": "1", "d": "1"}
    assert [notice.text for notice in locked.notices][:2] == [
        f"{path}: kept 1 of 2 entries; not kept: {path}:2 (is not a release of an index by name)",
        "envs/serving/env.toml: dependencies now name c<2",
    ]
    assert stale_reasons(anew(environment)) == []
    wrong = _file(environment, "c<2 --hash=sha256:" + "1" * 64)
    with pytest.raises(IntegrityError, match="c 1: no file"):
        take_over(anew(environment), read_foreign(wrong), record_urls=False)


def test_files_that_a_file_names_are_read_with_it_and_none_outside(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    first = tmp_path / "requirements.txt"
    first.write_text("-r more/dev.txt\na\n-c bounds.txt\n")
    (tmp_path / "more/dev.txt").write_text("b\n-r ../requirements.txt\n")
    file = followed(first)
    assert [line.requirement for line in file.lines] == ["a", "b"]
    assert [loss.name for loss in file.losses] == [f"{first}:3: -c bounds.txt"]
    dev = tmp_path / "more/dev.txt"
    with pytest.raises(InputError, match=r"dev\.txt:2: \.\./requirements\.txt leads out of"):
        followed(dev)
    assert len(followed(dev, tmp_path).lines) == 2
    (tmp_path / "more/away").symlink_to("/etc")
    dev.write_text("-r away/passwd")
    with pytest.raises(InputError, match="leads out of"):
        followed(dev)
    (tmp_path / "more/loop").symlink_to("loop")
    dev.write_text("-r loop")
    with pytest.raises(InputError, match=r"more/loop: Too many levels of symbolic links"):
        followed(dev)


def test_a_chain_of_files_has_an_end(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.txt").write_text(f"-r {number + 1}.txt\n")
    with pytest.raises(InputError, match="names more than 32 files"):
        followed(tmp_path / "0.txt")


def test_a_compiled_file_is_a_lock_and_others_are_wishes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a==1\n    # via b\nb==2\n")
    assert isinstance(read_foreign(path), Foreign)
    path.write_text("a==1\nb\n")
    assert isinstance(read_foreign(path), Wishes)


def test_what_a_file_asks_for_is_added_within_its_hashes(
    environment: Environment, private: Index
) -> None:
    private.publish("c")
    empty(environment)
    good = f"c --hash=sha256:{_sha256(private, 'c-1-py3-none-any.whl')}\n-e .\n"
    wishes = wishes_of(_file(environment, good), environment.repository)
    locked = add(environment, wishes, record_urls=False)
    assert environment.spec().dependencies == ("c",)
    assert "kept 1 of 2 entries; not kept: " in locked.notices[0].text
    bad = wishes_of(_file(environment, "c --hash=sha256:" + "1" * 64))
    with pytest.raises(IntegrityError, match="c 1: no file"):
        add(anew(environment), bad, record_urls=False)


def test_a_hash_that_the_index_does_not_tell_is_computed(
    environment: Environment, private: Index
) -> None:
    content = private.publish("c")
    page = "/simple/c/"
    told = f"#sha256={hashlib.sha256(content).hexdigest()}".encode()
    private.server.files[page] = private.server.files[page].replace(told, b"")
    empty(environment)
    path = _file(environment, f"c==1 --hash=sha256:{hashlib.sha256(content).hexdigest()}")
    assert pins(take_over(environment, read_foreign(path), record_urls=False).lock) == {"c": "1"}


_CONDA = """
channels: [conda-forge]
dependencies:
  - python=3.12
  - numpy=1.0=py312_0
  - idna<2
  - openssl
  - pip
  - pip: [c, -r more.txt]
"""


def test_an_environment_of_conda_is_declared_and_exported_versions_are_kept_to(
    environment: Environment, private: Index
) -> None:
    for name in ("numpy", "idna", "c", "d"):
        private.publish(name, "1.0")
        private.publish(name, "2.0")
    empty(environment)
    _file(environment, "d==1.0", "more.txt")
    path = _file(environment, _CONDA, "environment.yml")
    locked = take_over(environment, read_foreign(path), record_urls=False)
    assert environment.spec().dependencies == ("numpy", "idna<2", "c", "d==1.0")
    assert pins(locked.lock) == {"numpy": "1.0", "idna": "1.0", "c": "2.0", "d": "1.0"}
    assert locked.notices[0].text.startswith(
        f"{path}: kept 4 of 6 entries; not kept: python==3.12.* (the environment's base has 3.11); "
        "openssl (conda's alone, as far as is known: "
    )


def _wheel(index: Index, name: str) -> tuple[str, str]:
    file = f"{name}-1-py3-none-any.whl"
    return file, _sha256(index, file)


def test_a_lock_of_poetry_is_taken_over(environment: Environment, private: Index) -> None:
    private.publish("c", requires=["d"])
    private.publish("d")
    empty(environment)
    text = "[metadata]\nlock-version = '2.1'\ncontent-hash = '0'\n"
    for name in ("c", "d"):
        file, digest = _wheel(private, name)
        text += f'[[package]]\nname = "{name}"\nversion = "1"\n'
        text += f'files = [{{ file = "{file}", hash = "sha256:{digest}" }}]\n'
    text += '[[package]]\nname = "e"\nversion = "1"\noptional = true\n'
    path = _file(environment, text, "x.lock")
    locked = take_over(environment, read_foreign(path), record_urls=False)
    assert pins(locked.lock) == {"c": "1", "d": "1"}
    assert environment.spec().dependencies == ("c",)
    assert locked.notices[0].text == f"{path}: kept 2 of 3 packages; not kept: e (for an extra)"


def test_a_lock_of_uv_is_taken_over_with_the_groups_that_env_toml_names(
    environment: Environment, private: Index
) -> None:
    text = "version = 1\nrevision = 2\nrequires-python = '>=3.11'\n"
    for name in ("c", "d", "e"):
        private.publish(name)
        file, digest = _wheel(private, name)
        text += f'[[package]]\nname = "{name}"\nversion = "1"\n'
        text += 'source = { registry = "https://index.invalid/simple" }\n'
        text += f'wheels = [{{ url = "https://index.invalid/{file}", hash = "sha256:{digest}" }}]\n'
    text += '[[package]]\nname = "me"\nversion = "1"\nsource = { editable = "." }\n'
    text += 'dependencies = [{ name = "c" }]\n'
    text += '[package.dev-dependencies]\ndev = [{ name = "d" }]\nlint = [{ name = "e" }]\n'
    path = _file(environment, text, "uv.lock")
    empty(environment)
    part = DependenciesFrom(file="../../pyproject.toml", groups=("lint",))
    named = take_over(environment, read_foreign(path, parts=[part]), record_urls=False)
    assert pins(named.lock) == {"c": "1", "e": "1"}
    empty(environment)
    usual = take_over(anew(environment), read_foreign(path), record_urls=False)
    assert pins(usual.lock) == {"c": "1", "d": "1"}
    assert anew(environment).spec().dependencies == ("c", "d")


def test_versions_are_chosen_within_constraints_that_environments_share(
    environment: Environment, private: Index
) -> None:
    private.publish("c", requires=["d"])
    private.publish("d")
    private.publish("d", "2")
    empty(environment)
    _file(environment, "d<2\nunused==9\n", "constraints.txt")
    with environment.spec_path.open("a") as spec:
        spec.write('constraints = ["../../constraints.txt"]\n')
    assert pins(add(anew(environment), ["c"], record_urls=False).lock) == {"c": "1", "d": "1"}
    assert stale_reasons(anew(environment)) == []
    _file(environment, "d<3\n", "constraints.txt")
    assert len(stale_reasons(anew(environment))) == 1
    moved = lock(anew(environment), record_urls=False, update=["d"])
    assert pins(moved.lock) == {"c": "1", "d": "2"}
    (environment.repository / "constraints.txt").unlink()
    with pytest.raises(InputError, match=r"^constraints\.txt: No such file"):
        stale_reasons(anew(environment))


@pytest.mark.parametrize("tool", ["pixi", "conda-lock"])
def test_a_lock_of_conda_s_world_is_preferred_and_its_part_for_pip_held_to_hashes(
    environment: Environment, private: Index, tool: str
) -> None:
    for name in ("numpy", "c"):
        private.publish(name, "1.0")
        private.publish(name, "2.0")
    empty(environment)
    sha256 = _sha256(private, "c-1.0-py3-none-any.whl")
    conda = "https://conda.invalid/linux-64"
    texts = {
        "pixi": f"environments: {{}}\npackages:\n- conda: {conda}/numpy-1.0-py_0.conda\n"
        f"- {{pypi: https://i.invalid/c.whl, name: c, version: '1.0', sha256: {sha256}}}\n",
        "conda-lock": "package:\n- {name: numpy, version: '1.0', platform: linux-64}\n"
        "- {name: c, version: '1.0', platform: linux-64, manager: pip, "
        f"hash: {{sha256: {sha256}}}}}\n",
    }
    path = _file(environment, texts[tool], "x.lock")
    locked = take_over(environment, read_foreign(path), record_urls=False)
    assert pins(locked.lock) == {"numpy": "1.0", "c": "1.0"}
    assert environment.spec().dependencies == ("c", "numpy")
