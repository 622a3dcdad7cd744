"""What the tests of facets share: the bundled tables, a sorter that reads by them, and notices made of a few words."""

import pytest

from app.domain.facets import FacetReader, FacetTables
from app.domain.sectors import Sorter
from app.sources.facet_tables import bundled_facet_tables
from app.sources.taxonomy_file import bundled_taxonomy


@pytest.fixture(scope="session")
def tables() -> FacetTables:
    return bundled_facet_tables()


@pytest.fixture(scope="session")
def sorter(tables: FacetTables) -> Sorter:
    return Sorter(bundled_taxonomy(), facets=FacetReader(tables))
