"""One run of each harm; `ci/bench simulation` has many."""

import re
from pathlib import Path

import pytest

from harness.verdict import Judgement
from tests.shadow.core.services import ALL, BENIGN, HARMS, UNLUCKY
from tests.shadow.core.whole import Service, play

PAGE = Path(__file__).resolve().parents[3] / "docs" / "evidence.md"


def test_every_simulation_that_the_page_names_is_there_once() -> None:
    named = re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", PAGE.read_text())
    names = [service.name for service in ALL]
    assert len(named) > 20
    assert {" ".join(name.split()) for name in named[1:]} <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", HARMS, ids=lambda service: service.name)
def test_a_harm_does_not_pass(service: Service) -> None:
    assert play(service, 1).judgement in {Judgement.FAIL, Judgement.INCONCLUSIVE}


@pytest.mark.parametrize("service", BENIGN, ids=lambda service: service.name)
def test_what_does_no_harm_passes(service: Service) -> None:
    assert play(service, 1).judgement is Judgement.PASS


@pytest.mark.parametrize("service", UNLUCKY, ids=lambda service: service.name)
def test_bad_luck_does_not_fail(service: Service) -> None:
    assert play(service, 1).judgement in {Judgement.PASS, Judgement.INCONCLUSIVE}
