"""The five families of the bundled worlds: what ships does not change."""

import numpy as np
import pytest

from ldm3d.data.families import build_scene
from ldm3d.data.look import look_from
from tests.ldm3d.data.summer_places import triangles

FIRST = ("alpine_lake", "old_forest", "winter_night", "reading_hall", "blossom_garden")
BUNDLED_TRIANGLES = (9_972_088, 15_868_727, 9_309_610, 2_145_920, 18_493_706)


@pytest.mark.slow
@pytest.mark.parametrize(("family", "count"), list(zip(FIRST, BUNDLED_TRIANGLES, strict=True)))
def test_the_bundled_scenes_have_all_their_triangles(family: str, count: int) -> None:
    assert triangles(build_scene(family, 1)) == count


def test_lamps_burn_in_the_garden_only_when_it_is_dark() -> None:
    rng = np.random.default_rng(2)
    lamps = [
        len(build_scene("blossom_garden", 6, detail=0.04, look=look_from(*when, rng)).lamps)
        for when in (("noon", "clear", "spring"), ("dusk", "clear", "spring"))
    ]
    assert lamps[0] == 0
    assert lamps[1] > 0
