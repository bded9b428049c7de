"""The API is asked all that its description allows and much that it does not, and answers as the description says.

schemathesis makes the requests from `/openapi.json`, in this process, and checks every answer: no failure of ours, only
statuses, headers and bodies that are described, wrong requests refused, no route open without its token. It runs its own
engine; its pytest plugin, which every test process would load, is switched off.
"""

import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.specs.openapi.definitions import OPENAPI_31

from flows.house import House
from schemas.settings import ApiSettings, Settings
from sohoa.api.app import create_app
from tests.sohoa.api.sending import TUS, SmallStation
from tests.sohoa.api.test_app import TOKEN, bearer


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return House.open(Settings(home=tmp_path_factory.mktemp("house"), api=ApiSettings(requests_per_minute=10**6)))


@pytest.fixture(scope="module")
def callers(house):
    """By the routes: what they ask for."""
    station = SmallStation()
    house.stations.keep(station.enrolment())
    return {
        "^/v1/(lookups|kho)": {"headers": bearer("lookup", "admin")},
        "^/v1/records/.*/amendments": {"headers": bearer("amend")},
        "^/v1/(stations|submissions|previews)": {"headers": station.headers()},
        "^/v1/uploads": {
            "headers": station.headers(**TUS),
            "checks": {"positive_data_acceptance": {"enabled": False}},  # OpenAPI cannot say what tus asks for
        },
    }


def test_the_description_is_one_that_generators_of_clients_can_read(house):
    """It has the form of OpenAPI 3.1, names each operation once, and refers to nothing that is not in it."""
    described = create_app(house, TOKEN).openapi()
    assert described["openapi"].startswith("3.1.")
    Draft202012Validator(OPENAPI_31).validate(described)
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    schemas = described["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert {reference.rpartition("/")[2] for reference in references(described)} <= schemas.keys()


def references(part):
    """Yield what a part of the description refers to."""
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        yield part["$ref"]
    for each in parts:
        yield from references(each)


@pytest.mark.parametrize(("examples", "thorough"), [(1, False), pytest.param(30, True, marks=pytest.mark.nightly)])
def test_every_answer_is_as_the_description_says(house, callers, examples, thorough):
    schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
    config = SchemathesisConfig.from_dict(
        {
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "phases": {
                "coverage": {"unexpected-methods": ["options", "put"]},
                "fuzzing": {"enabled": thorough},
                "stateful": {"enabled": thorough},
            },
            "continue-on-failure": True,
            "operations": [
                {"include-path": "/v1/previews", "enabled": thorough},  # each needs a process that opens pictures
                *({"include-path-regex": path} | settings for path, settings in callers.items()),
            ],
        }
    )
    described = schemathesis.openapi.from_asgi("/openapi.json", create_app(house, TOKEN), config=config)
    asked, wrong = 0, []
    for event in from_schema(described).execute():
        if isinstance(event, events.NonFatalError | events.FatalError | events.Interrupted):
            wrong.append(str(event))
        elif isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.cases)
            checks = [check for each in event.recorder.checks.values() for check in each]
            wrong += [
                f"{event.label}: {check.failure_info.failure}" for check in checks if check.status is Status.FAILURE
            ]
    assert wrong == []
    assert asked > 500
