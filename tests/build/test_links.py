import re
from pathlib import Path

import pytest

from harness.build.links import require_copied
from harness.errors import InputError
from harness.lock.read import read_lock
from harness.project.repository import Repository
from tests import fakes, stores


def test_a_package_to_copy_is_one_of_the_lock(tmp_path: Path) -> None:
    with fakes.serving() as server:
        stores.write_repository(tmp_path, a=stores.published_lock(server))
    (environment,) = Repository(root=tmp_path).select(["a"])
    known = read_lock(environment).packages[0].name
    text = environment.spec_path.read_bytes()
    environment.write_spec(text + f'[links]\ncopy = ["{known}"]\n'.encode())
    require_copied(environment)
    environment.write_spec(text + f'[links]\ncopy = ["{known}x"]\n'.encode())
    message = f"links.copy: '{known}x' is not a package of the lock; did you mean '{known}'?"
    with pytest.raises(InputError, match=re.escape(message)):
        require_copied(environment)
