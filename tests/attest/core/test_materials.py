from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from harness.attest.core.materials import materials
from harness.attest.core.predicate import Predicate
from harness.attest.core.statement import Subject, decode, encode
from harness.documents import document
from tests.sbom.core.test_bill import bill_of_sample

_IMAGE = Subject(name="serving:latest", sha256="ab" * 32)


def test_the_predicate_is_the_whole_bill() -> None:
    statement = decode(encode(materials(_IMAGE, bill_of_sample())), "file")
    assert (statement.subjects, statement.predicate_type) == ((_IMAGE,), Predicate.MATERIALS)
    whole = document.encode(statement.predicate).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(whole) is None
    assert statement.predicate == document.decode(bill_of_sample(), "bill")


def test_the_same_lock_and_image_give_the_same_statement() -> None:
    first, second = (encode(materials(_IMAGE, bill_of_sample())) for _ in range(2))
    assert first == second
