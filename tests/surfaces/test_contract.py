"""The OpenAPI document and the answers agree, whatever is asked (schemathesis draws the questions)."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.domain.sectors import Label, Role
from app.store.database import Database
from tests.surfaces.rows import happen, keep, label, regular

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
DRAWN = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.sockets
async def test_answers_are_as_the_document_says_whatever_is_asked(database: Database, server: tuple[str, int]) -> None:
    number = await keep(database, regular("G/TBT/N/USA/1"))
    await label(database, number, [Label("footwear", Role.PRIMARY, 0.9, ())])
    await happen(database, number, "notified")
    document = schemathesis.openapi.from_url("http://{}:{}/openapi.json".format(*server))
    operations = [found.ok() for found in document.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 12
    for operation in operations:

        @DRAWN
        @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode)))
        def ask(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        ask()
