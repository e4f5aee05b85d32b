"""Facts about this repository itself."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.lock.freshness import stale_reasons
from harness.project.repository import Environment, find_repository

ROOT = Path(__file__).parent.parent
_OWN = find_repository(ROOT).select([])


def test_the_environment_of_harness_is_what_its_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["formats"], *extras["dev"]]
    spec = tomllib.loads((ROOT / "envs/harness/env.toml").read_text())
    named = {str(Requirement(re.sub(r"\[.*?\]", "", text))) for text in asked}
    assert {str(Requirement(text)) for text in spec["dependencies"]} == named


@pytest.mark.parametrize("environment", _OWN, ids=lambda environment: environment.name)
def test_the_shipped_locks_are_fresh(environment: Environment) -> None:
    assert stale_reasons(environment) == []


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\((docs/[^)]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
