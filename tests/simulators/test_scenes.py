from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import render_scenes, sample_scenes
from fireanalysis.simulators.look_alikes import LOOK_ALIKES, render_look_alike
from fireanalysis.simulators.scene_people import HIGH, WIDE, figure
from fireanalysis.simulators.scene_photographs import PHOTOGRAPHS, crop

KINDS = ("room", "street", "aisle", "photograph")


def one(kind: str, seed: int = 0, **columns: object) -> pd.DataFrame:
    return sample_scenes(1, kinds=[kind], seed=seed).assign(**columns)


def picture(rows: pd.DataFrame, pixels: int = 64) -> np.ndarray:
    return next(render_scenes(rows, pixels=pixels)).astype(float)


class TestSample:
    def test_first_rows_of_a_larger_number_are_the_same(self) -> None:
        pd.testing.assert_frame_equal(sample_scenes(9, seed=4), sample_scenes(60, seed=4)[:9])
        assert not sample_scenes(9, seed=5)["seed"].isin(sample_scenes(9, seed=4)["seed"]).any()

    def test_forty_three_scenes_are_forty_three_groups(self) -> None:
        for seed in range(5):
            assert sample_scenes(43, seed=seed)["scene"].nunique() == 43

    def test_crops_of_a_photograph_are_one_scene(self) -> None:
        table = sample_scenes(40, kinds=["photograph"])
        assert table.groupby("photograph")["scene"].nunique().eq(1).all()
        assert table["scene"].nunique() == len(PHOTOGRAPHS["study"]) and table["seed"].nunique() == 40

    def test_pools_share_no_scene_and_no_photograph(self) -> None:
        for seed in range(3):
            study, outside = (sample_scenes(200, seed=seed, pool=pool) for pool in ("study", "outside"))
            assert not set(study["scene"]) & set(outside["scene"])
            assert not (set(study["photograph"]) & set(outside["photograph"])) - {""}
        assert not set(PHOTOGRAPHS["study"]) & set(PHOTOGRAPHS["outside"])

    def test_errors(self) -> None:
        with pytest.raises(ParameterError, match="n is 0"):
            sample_scenes(0)
        with pytest.raises(ParameterError, match=r"beach.*room, street, aisle"):
            sample_scenes(3, kinds=["beach"])
        with pytest.raises(ParameterError, match="empty"):
            sample_scenes(3, kinds=[])
        with pytest.raises(ParameterError, match=r"'inside'.*study, outside"):
            sample_scenes(3, pool="inside")


class TestRender:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_row_is_a_picture_whatever_the_others(self, kind: str) -> None:
        rows = sample_scenes(3, kinds=[kind], seed=2)
        pictures = list(render_scenes(rows, pixels=48))
        assert all(p.shape == (48, 48, 3) and p.dtype == np.uint8 for p in pictures)
        again = list(render_scenes(rows[::-1], pixels=48))[::-1]
        assert all(np.array_equal(a, b) for a, b in zip(pictures, again, strict=True))
        assert not np.array_equal(pictures[0], pictures[1])

    @pytest.mark.parametrize("kind", KINDS)
    def test_another_size_shows_the_same(self, kind: str) -> None:
        rows = one(kind, seed=3)
        small = cv2.resize(picture(rows, 192), (64, 64), interpolation=cv2.INTER_AREA)
        assert np.corrcoef(small.ravel(), picture(rows).ravel())[0, 1] > 0.95

    @pytest.mark.parametrize("kind", KINDS[:3])
    def test_light_is_brightness(self, kind: str) -> None:
        means = [picture(one(kind, seed=1, light=light)).mean() for light in (0.0, 0.5, 1.0)]
        assert means[0] + 20 < means[1] < means[2] - 20

    def test_warm_light_is_redder_than_cold_light(self) -> None:
        for kind in KINDS[:3]:
            warm, cold = (picture(one(kind, temperature_k=kelvin)).mean((0, 1)) for kelvin in (2700, 9000))
            assert warm[0] / warm[2] > 1.1 * cold[0] / cold[2]

    @pytest.mark.parametrize(
        ("column", "least", "most"), [("people", 0.005, 0.2), ("look_alikes", 0.0002, 0.05)]
    )
    def test_people_and_things_change_a_part_of_the_picture(
        self, column: str, least: float, most: float
    ) -> None:
        changed = []
        for seed in range(4):
            # Things are put on surfaces and into hands, so somebody is there.
            others = {"people": 2, "look_alikes": 0, "softness_px": 0.0}
            none, some = (picture(one("room", seed, **(others | {column: count}))) for count in (0, 4))
            # The camera's gain follows the mean, so everything moves a little.
            changed.append((np.abs(some - none).max(2) > 25).mean())
        # Measured over six seeds: people 2 to 9 %, things 0.05 to 0.8 %.
        assert least < np.median(changed) < most

    def test_softness_takes_fine_detail_away(self) -> None:
        sharp, soft = (
            np.abs(cv2.Laplacian(picture(one("aisle", softness_px=width), 128), cv2.CV_64F)).mean()
            for width in (0.0, 1.0)
        )
        assert soft < 0.7 * sharp

    def test_errors(self) -> None:
        with pytest.raises(ParameterError, match="pixels is 8"):
            render_scenes(sample_scenes(1), pixels=8)
        with pytest.raises(DataError, match="no column light"):
            render_scenes(sample_scenes(1).drop(columns="light"))
        with pytest.raises(DataError, match=r"kind has \['beach'\]"):
            render_scenes(sample_scenes(1).assign(kind="beach"))
        with pytest.raises(DataError, match=r"photograph has \['lena'\]"):
            render_scenes(sample_scenes(1).assign(photograph="lena"))


class TestPhotographs:
    @pytest.mark.parametrize("name", [name for names in PHOTOGRAPHS.values() for name in names])
    def test_a_crop_is_found_in_the_file_of_the_installed_package(self, name: str) -> None:
        folders = [Path(find_spec(package).origin).parent for package in ("skimage.data", "sklearn.datasets")]
        (path,) = [
            path
            for folder in folders
            for path in folder.rglob(f"{name}.*")
            if path.suffix in (".png", ".jpg")
        ]
        whole = np.asarray(Image.open(path).convert("L"), np.uint8)
        part = cv2.cvtColor(crop(name, seed=5, pixels=96), cv2.COLOR_RGB2GRAY)
        best = 0.0
        for side in np.arange(0.58, 1.001, 0.02) * min(whole.shape):
            shrunk = cv2.resize(whole, None, fx=96 / side, fy=96 / side, interpolation=cv2.INTER_AREA)
            for mirrored in (part, part[:, ::-1]):
                if min(shrunk.shape) >= 96:
                    found = cv2.matchTemplate(shrunk, np.ascontiguousarray(mirrored), cv2.TM_CCOEFF_NORMED)
                    best = max(best, float(found.max()))
        assert best > 0.7  # fine gravel loses most by a side that is not exactly met


class TestPeople:
    def test_a_hand_is_held_out_to_the_side_faced(self) -> None:
        for seed in range(6):
            for side in (-1, 1):
                level, raised = (figure(seed, side=side, holds_deg=angle) for angle in (0, 40))
                assert (level.hand[0] - 0.5) * side > 0.15
                assert raised.hand[1] < level.hand[1] - 0.05
                x, y = level.hand
                assert level.picture[int(y * HIGH), int(x * WIDE), 3] == 255

    def test_a_person_is_as_high_as_the_picture(self) -> None:
        for seed in range(6):
            rows = np.flatnonzero(figure(seed).picture[..., 3].any(1))
            assert rows[0] < 0.05 * HIGH and rows[-1] > 0.95 * HIGH


class TestLookAlikes:
    @pytest.mark.parametrize("kind", LOOK_ALIKES)
    def test_every_kind_fills_its_picture_and_has_a_size(self, kind: str) -> None:
        drawn, metres = render_look_alike(kind, seed=1, pixels=80)
        assert max(drawn.shape[:2]) == 80 and 0.1 < metres < 1.3
        seen = drawn[..., 3] > 127
        assert seen.any(0)[[1, -2]].all() and seen.any(1)[[1, -2]].all()
        assert 0.01 < seen.mean() <= 1 and drawn[seen].std() > 5
        assert not np.array_equal(drawn, render_look_alike(kind, seed=2, pixels=80)[0])
        assert np.array_equal(drawn, render_look_alike(kind, seed=1, pixels=80)[0])

    def test_unknown_kind(self) -> None:
        with pytest.raises(ParameterError, match=r"'kite'.*phone, drill"):
            render_look_alike("kite", seed=0)
