"""Every version still takes the steps it took when its golden run was kept."""

import pytest

from common.data.catalog import get
from common.data.fetch import folder_of
from common.golden import golden
from common.paper import rooms
from common.reseal import golden_path, read_golden

VERSIONS = [(name, version) for name, home in rooms().items() for version in home.paper.versions]


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_golden_run(name, version):
    home = rooms()[name]
    dataset = get(home.paper.dataset)
    if not (dataset.embedded or folder_of(dataset).is_dir()):
        pytest.skip(f"{home.paper.dataset} is not here: papers data fetch {home.paper.dataset}")
    kept = read_golden(golden_path(home, version))
    assert len(kept) > 20
    # Another processor sums in another order; on the machine that wrote it, it is bit for bit.
    assert golden(home, version) == pytest.approx(kept, rel=2e-3)
