import pytest
from fastapi.testclient import TestClient

from sohoa.api.app import create_app
from sohoa.review import create_review
from tests.sohoa.review.papers import waiting
from tests.sohoa.review.signing_in import TOKEN


@pytest.fixture
def app(house):
    app = create_app(house, TOKEN)
    app.mount("/review", create_review(house, TOKEN))
    return app


@pytest.fixture
def client(app):
    with TestClient(app) as client:
        yield client


@pytest.fixture
def paper(house):
    return waiting(house, "death_extract_01", {"death_place": "Khe Ngâu", "sex": "nam", "death_cause": "b?nh"})
