import json

import cv2
import numpy as np
import pandas as pd
import pytest
from skimage.measure import euler_number

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import (
    firearm,
    firearm_catalogue,
    firearm_parameter_table,
    render_cutouts,
    sample_cutouts,
)
from fireanalysis.simulators.firearm_models import shape_names
from fireanalysis.simulators.firearm_relief import Relief

TYPES = {"pistol", "revolver", "rifle", "shotgun", "submachine gun"}


@pytest.fixture(scope="module")
def catalogue() -> pd.DataFrame:
    return firearm_catalogue()


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return sample_cutouts(10, views=2, seed=3, hand_share=0.3, cloth_share=0.3)


def one(**chosen: object) -> pd.DataFrame:
    """A pistol exactly from the side, as it is shown by everything else, with some columns set."""
    plain = {"side": "right", "contrast": 1.0, "colourfulness": 1.0, "sharpness": 0.0, "grain": 0.0}
    table = sample_cutouts(1, views=1, models="pistol 01", pose=0, seed=1)
    return table.assign(**{**plain, "distance": 8.0, **chosen})


def drawn(table: pd.DataFrame, pixels: int = 128) -> tuple[np.ndarray, np.ndarray]:
    return next(render_cutouts(table, pixels=pixels, with_mask=True))


def luminance(picture: np.ndarray) -> float:
    """Mean over the firearm, 0 to 255."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY)
    return float(grey[picture[..., 3] > 127].mean())


class TestCatalogue:
    def test_a_smaller_one_is_the_beginning_of_a_bigger_one(self, catalogue: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(firearm_catalogue(23), catalogue[:23])
        assert len(catalogue) == 167 and catalogue["model"].is_unique
        assert set(catalogue["type"][:5]) == set(catalogue["type"]) == TYPES

    def test_another_seed_gives_other_models_of_the_same_names(self, catalogue: pd.DataFrame) -> None:
        other = firearm_catalogue(30, seed=1)
        assert (other["model"] == catalogue["model"][:30]).all()
        assert not (other["barrel"] == catalogue["barrel"][:30]).any()

    def test_numbers_are_within_the_ranges_of_the_table_of_parameters(self, catalogue: pd.DataFrame) -> None:
        table = firearm_parameter_table()
        limits = {(row.level, row.name): (row.low, row.high) for row in table.itertuples(index=False)}
        for row in catalogue.to_dict("records"):
            for name in shape_names():
                if pd.isna(row[name]):
                    assert (row["form"], name) not in limits
                else:
                    low, high = limits[row["form"], name]
                    assert low - 1e-3 <= row[name] <= high + 1e-3, (row["model"], name)

    def test_look_alikes_differ_from_their_model_in_one_to_three_numbers(
        self, catalogue: pd.DataFrame
    ) -> None:
        by_name = catalogue.set_index("model")
        alike = by_name[by_name["look_alike_of"] != ""]
        assert 30 <= len(alike) <= 65  # three in ten of 167, but for the first of each type
        for model, row in alike.iterrows():
            parent = by_name.loc[row["look_alike_of"]]
            assert parent["type"] == row["type"] and parent["look_alike_of"] == "", model
            same = (row == parent) | (row.isna() & parent.isna())
            assert 1 <= (~same[list(shape_names())]).sum() <= 3, model

    def test_look_alikes_do_not_look_the_same(self, catalogue: pd.DataFrame) -> None:
        for row in catalogue[catalogue["look_alike_of"] != ""].itertuples():
            solids = []
            for model in (row.model, row.look_alike_of):
                numbers = catalogue.set_index("model").loc[model].dropna().to_dict()
                solids.append(Relief.empty((-480, -330, 1250, 150), 0.4))
                firearm._BUILD[row.type](solids[-1], {**numbers, "side": "right"})
            assert (solids[0].height != solids[1].height).sum() > 20, row.model

    def test_every_parameter_says_where_it_is_from(self) -> None:
        table = firearm_parameter_table()
        assert (table["low"] <= table["high"]).all() and not table.duplicated(["name", "level"]).any()
        assert (table["meaning"] != "").all() and table["source"].str.contains("assumed").all()


class TestSample:
    def test_firearms_and_views(self, catalogue: pd.DataFrame) -> None:
        table = sample_cutouts(8, views=3, models=["rifle 02", "pistol 05"])
        assert table["cutout"].is_unique and table["firearm"].nunique() == 8
        assert table.groupby("model")["firearm"].nunique().to_dict() == {"rifle 02": 4, "pistol 05": 4}
        shared = table.groupby("firearm")[["finish", "grip_finish", "wear", "shape"]].nunique()
        assert (shared == 1).all().all()  # what belongs to the individual is the same in all its views

    def test_individuals_of_a_model_differ_by_tolerances_only(self, catalogue: pd.DataFrame) -> None:
        table = sample_cutouts(6, views=1, models="revolver 01")
        lengths = pd.DataFrame([json.loads(shape) for shape in table["shape"]]).drop(columns="form")
        nominal = catalogue.set_index("model").loc["revolver 01", lengths.columns].astype(float)
        assert lengths["barrel"].nunique() == 6
        np.testing.assert_allclose(lengths, np.broadcast_to(nominal, lengths.shape), rtol=0.0041, atol=1e-3)

    def test_side_views_dominate(self) -> None:
        table = sample_cutouts(300, views=1)
        assert table["yaw_deg"].abs().median() < 15 < table["yaw_deg"].abs().max() <= 60
        assert (sample_cutouts(20, pose=0)[["yaw_deg", "pitch_deg", "roll_deg"]] == 0).all().all()

    def test_shares_of_what_hides(self) -> None:
        table = sample_cutouts(400, views=1, hand_share=0.5, cloth_share=0.2)
        shares = table["cover"].value_counts(normalize=True)
        assert abs(shares["hand"] - 0.5) < 0.1 and abs(shares["cloth"] - 0.2) < 0.08

    def test_a_catalogue_of_ones_own(self, catalogue: pd.DataFrame) -> None:
        longer = catalogue[catalogue["model"] == "revolver 01"].assign(barrel=150.0)
        table = sample_cutouts(1, catalogue=longer)
        assert abs(json.loads(table["shape"][0])["barrel"] - 150) < 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"firearms": 0},
            {"views": 0},
            {"models": 0},
            {"models": 168},
            {"models": "pistol 99"},
            {"models": []},
            {"pose": -1},
            {"hand_share": 1.5},
            {"hand_share": 0.6, "cloth_share": 0.6},
        ],
    )
    def test_what_is_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ParameterError, match=next(reversed(wrong))):
            sample_cutouts(**wrong)

    def test_a_catalogue_of_no_models_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="models is 0"):
            firearm_catalogue(0)


class TestRender:
    def test_a_row_looks_the_same_alone_and_in_any_company(self, rows: pd.DataFrame) -> None:
        together = list(render_cutouts(rows, pixels=64, with_mask=True))
        order = np.random.default_rng(0).permutation(len(rows))
        shuffled = list(render_cutouts(rows.iloc[order], pixels=64, with_mask=True))
        for place, index in enumerate(order):
            np.testing.assert_array_equal(shuffled[place][0], together[index][0])
            np.testing.assert_array_equal(shuffled[place][1], together[index][1])
        np.testing.assert_array_equal(drawn(rows[7:8], 64)[0], together[7][0])

    def test_pictures_are_cropped_tightly_to_their_longer_side(self, rows: pd.DataFrame) -> None:
        for pixels in (48, 131):
            for picture in render_cutouts(rows[:8], pixels=pixels):
                assert picture.dtype == np.uint8 and picture.shape[2] == 4
                assert max(picture.shape) == pixels
                covered = picture[..., 3] > 0
                for edge in (covered[:2], covered[-2:], covered[:, :2], covered[:, -2:]):
                    assert edge.any()

    def test_masks_are_what_is_covered_where_nothing_hides(self) -> None:
        table = sample_cutouts(10, views=1)
        for picture, mask in render_cutouts(table, pixels=96, with_mask=True):
            np.testing.assert_array_equal(mask, picture[..., 3] > 127)
            # Edges are soft: some pixels are partly covered.
            assert ((picture[..., 3] > 20) & (picture[..., 3] < 235)).sum() > 30

    @pytest.mark.parametrize("cover", ["hand", "cloth"])
    def test_what_hides_is_in_the_picture_and_not_in_the_mask(self, cover: str) -> None:
        chosen = {"cover_place": 0.3, "cover_share": 0.3}
        picture, mask = drawn(one(cover=cover, **chosen), 200)
        _, whole = drawn(one(cover="none"), 200)
        assert mask.sum() < (picture[..., 3] > 127).sum()
        # The uncovered part is the same firearm at the same place, at the scale of the wider picture.
        least = [np.inf, None]
        for share in np.linspace(0.4, 1, 121):
            small = cv2.resize(whole.astype(np.uint8), None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
            if (np.array(small.shape) > mask.shape).any():
                continue
            found = cv2.matchTemplate(mask.astype(np.float32), small.astype(np.float32), cv2.TM_CCORR)
            y, x = np.unravel_index(found.argmax(), found.shape)
            placed = np.zeros_like(mask)
            placed[y : y + small.shape[0], x : x + small.shape[1]] = small > 0
            outside = (mask & ~placed).sum() / mask.sum() + 0.02 * share
            if outside < least[0]:
                least = [outside, placed]
        hidden = 1 - (mask & least[1]).sum() / least[1].sum()
        assert least[0] < 0.06 and 0.08 < hidden < 0.75, (least[0], hidden)
        # Where it is hidden, something else is seen.
        assert (picture[least[1] & ~mask][:, 3] > 127).mean() > 0.9

    @pytest.mark.parametrize("kind", sorted(TYPES))
    def test_trigger_guards_are_open(self, kind: str, catalogue: pd.DataFrame) -> None:
        names = catalogue[catalogue["type"] == kind]["model"].tolist()[:5]
        table = sample_cutouts(5, views=1, models=names, pose=0.5)
        for name, (_, mask) in zip(
            table["model"], render_cutouts(table, pixels=320, with_mask=True), strict=True
        ):
            # Euler's number: pieces less holes.
            assert euler_number(mask, connectivity=2) <= 0, name

    def test_types_have_the_proportions_of_their_kind(self, catalogue: pd.DataFrame) -> None:
        table = sample_cutouts(45, views=1, pose=0)
        heights = {}
        for row, picture in zip(table.itertuples(), render_cutouts(table, pixels=96), strict=True):
            heights.setdefault(row.type, []).append(picture.shape[0] / picture.shape[1])
        middle = {kind: float(np.median(values)) for kind, values in heights.items()}
        assert max(middle["shotgun"], middle["rifle"]) < 0.75 * middle["submachine gun"]
        # Real ones (22 handguns of Caltech 101) have 0.45 to 0.65 and two pistols 0.6.
        assert 0.45 < middle["revolver"] < 0.7 and 0.5 < middle["pistol"] < 0.85 and middle["shotgun"] < 0.3

    def test_the_left_side_is_the_mirrored_outline(self) -> None:
        _, right = drawn(one(side="right", cover="none"))
        _, left = drawn(one(side="left", cover="none"))
        assert (right[:, ::-1] ^ left).mean() < 0.01

    def test_light_comes_from_where_the_row_says(self) -> None:
        look = {"softness": 0.0, "light_elevation_deg": 60.0, "cover": "none"}
        dim, bright = (drawn(one(exposure_stops=stops, **look))[0] for stops in (-0.8, 0.4))
        assert luminance(bright) > 1.2 * luminance(dim)
        warm, cold = (drawn(one(warmth=warmth, **look))[0].astype(float) for warmth in (0.3, -0.3))
        seen = warm[..., 3] > 127
        assert (warm - cold)[seen][:, 0].mean() > 3 > -3 > (warm - cold)[seen][:, 2].mean()
        grey = drawn(one(colourfulness=0.0, **look))[0]
        assert (np.ptp(grey[..., :3], axis=-1) == 0).all()

    def test_what_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="pixels is 8"):
            render_cutouts(one(), pixels=8)
        with pytest.raises(DataError, match="no column shape, yaw_deg"):
            render_cutouts(one().drop(columns=["shape", "yaw_deg"]))
        with pytest.raises(DataError, match=r"column finish has \['chrome'\]"):
            render_cutouts(one(finish="chrome"))
