from harness.attest.core.output import signed
from harness.verdict import Verdict
from tests.attest.core.samples import DIFFERENT, NAR_HASH, TOOL, result


def test_what_is_the_same_is_signed_with_the_hash_of_its_bytes() -> None:
    found = signed(result(TOOL, Verdict.SAME))
    assert (found["verdict"], found["path"], found["nar-hash"]) == ("SAME", TOOL, NAR_HASH)
    assert found["causes"] == found["differences"] == found["unexplained"] == []


def test_nothing_of_this_machine_alone_is_signed() -> None:
    found = signed(result(TOOL, Verdict.SAME, trees=("/first", "/home/me/rebuilt")))
    assert "/home/me" not in str(found)
    assert "trees" not in found


def test_what_is_not_known_is_null_and_no_empty_text() -> None:
    found = signed(result(TOOL, Verdict.INCONCLUSIVE, verified_at="", nar_hash=""))
    assert (found["verified-at"], found["nar-hash"]) == (None, None)


def test_a_difference_is_signed_with_its_cause_and_bytes_in_hex() -> None:
    found = signed(DIFFERENT)
    (cause,) = found["causes"]
    assert (cause["factor"], cause["remedy"], cause["files"]) == ("clock", "omit", 1)
    assert cause["evidence"][0]["field"] == "line 1"
    assert all(isinstance(one["path"], str) for one in found["differences"])


def test_long_lists_end_after_a_hundred_files() -> None:
    found = signed(result(TOOL, Verdict.DIFFERENT, unexplained=tuple(map(str, range(999)))))
    assert len(found["unexplained"]) == 100
