from datetime import date

import pytest
from pydantic import ValidationError

from schemas.field import Field
from schemas.search import Search, terms_of
from tests.storage.examples import AN, BINH, record


@pytest.mark.parametrize("said", [{}, {"document_type": "birth_certificate"}, {"issued_from": date(2016, 1, 1)},
                                  {"name": " -- "}, {"name": ""}])  # fmt: skip
def test_a_search_names_something_whole(said):
    with pytest.raises(ValidationError):
        Search(purpose="1.001193", **said)


def test_what_a_record_is_found_by_is_folded():
    paper = record(
        b"a", AN, BINH,
        document_type="marital_status_confirmation",
        fields={
            name: Field(value=value, confidence=0.9, accepted=False)
            for name, value in {
                "number": "27/UBND-XNTTHN", "issuer_name": "UBND xã Nghĩa Hợp", "residence": "xóm 1", "full_name": "AN",
                "registration_place": None,
            }.items()
        },
    )  # fmt: skip
    named = [owner.model_copy(update={"name": name}) for owner, name in zip(paper.owners, ("LÊ AN", None), strict=True)]
    found = set(terms_of(paper.model_copy(update={"owners": tuple(named)}))) - {("name", "")}
    assert found == {("name", "le an"), ("name", "an"), ("number", "27 ubnd xntthn"), ("issuer", "ubnd xa nghia hop")}
