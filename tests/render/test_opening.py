from dataclasses import replace

from harness.render.html import page
from harness.render.opening import Made, Opening, Told, moment, named, short
from tests.pages import Read

OPENING = Opening(
    verb="shadow",
    subject="serving",
    verdicts=[Told(verdict="FAIL", meaning="It is worse.", colour="bad")],
    why=["`a` differs"],
    remedies=["Keep production."],
    facts=[("commit", "c0ffee")],
)


def told(opening: Opening) -> list[str]:
    return Read(page(opening.title, opening.drawn())).texts[3:]


def test_the_verdict_comes_first_then_why_and_what_to_do_then_the_facts() -> None:
    assert " ".join(told(OPENING)) == (
        "harness shadow serving FAIL It is worse. Why a  differs What to do Keep production. "
        "commit c0ffee"
    )


def test_all_verdicts_are_in_the_title() -> None:
    both = (*OPENING.verdicts, replace(OPENING.verdicts[0], verdict="against production: PASS"))
    assert replace(OPENING, verdicts=both).title == (
        "harness shadow serving: FAIL; against production: PASS"
    )


def test_three_reasons_are_told_and_the_others_counted() -> None:
    said = " ".join(told(replace(OPENING, why=[f"reason {n}" for n in range(5)])))
    assert "reason 2 and 2 more, below" in said
    assert "reason 3" not in said


def test_a_page_says_when_it_was_made_by_what_and_from_which_sources() -> None:
    made = Made(at="2026-11-28 21:30 UTC", harness="0.1.0", commit="c0ffee" * 6, dirty=True)
    said = Read(page("t", replace(OPENING, facts=[*made.facts()]).drawn())).text
    assert "2026-11-28 21:30 UTC by harness 0.1.0\n" in said
    assert "c0ffeec0ffee\n, with changes\n" in said or "c0ffeec0ffee, with changes\n" in said
    clean = Read(page("t", replace(OPENING, facts=[*replace(made, dirty=False).facts()]).drawn()))
    assert "changes" not in clean.text
    nowhere = replace(OPENING, facts=[*replace(made, commit="").facts()])
    assert "none: not in a git repository" in told(nowhere)


def test_digests_and_times_are_short() -> None:
    assert short("sha256:" + "0" * 64) == "sha256:" + "0" * 12
    assert short("1" * 64) == "1" * 12
    assert moment("2026-11-28T21:29:00+00:00") == "2026-11-28 21:29 UTC"


def test_store_paths_in_headings_are_their_names() -> None:
    hash_ = "0123456789abcdfghijklmnpqrsvwxyz"
    assert named(f"/nix/store/{hash_}-a-1.0 and /nix/store/{hash_}-b") == "a-1.0 and b"
    assert named("/nix/store and serving@v1") == "/nix/store and serving@v1"
