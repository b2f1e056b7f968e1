import cv2
import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import (
    firearm_catalogue,
    render_composites,
    render_scenes,
    sample_composites,
    sample_scenes,
)
from fireanalysis.simulators.composite_pictures import facing

PIXELS = 64
SMALL = {"firearms": 3, "backgrounds": 4}


@pytest.fixture(scope="module")
def grid() -> pd.DataFrame:
    return sample_composites()


def rendered(rows: pd.DataFrame, pixels: int = PIXELS, **options: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(render_composites(rows, pixels=pixels, **options))


def same(one: list, other: list) -> bool:
    return all(
        np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1]) for a, b in zip(one, other, strict=True)
    )


class TestManifest:
    def test_the_papers_number_is_a_whole_grid(self, grid: pd.DataFrame) -> None:
        assert len(grid) == 13_284 == 41 * 324 and grid["picture"].is_unique and grid["seed"].is_unique
        assert grid["firearm"].nunique() == 41 and grid["background"].nunique() == 43
        assert grid.groupby("firearm").size().eq(324).all()
        pairs = pd.crosstab(grid["firearm"], grid["background"])
        assert set(np.unique(pairs)) == {7, 8}  # 324 = 7 * 43 + 23
        cell = (3 * grid["y"]).astype(int) * 3 + (3 * grid["x"]).astype(int)
        step = (grid["angle_deg"] // 10).astype(int)
        assert set(cell) == set(range(9)) and set(step) == set(range(36))
        assert not pd.DataFrame({"f": grid["firearm"], "cell": cell, "step": step}).duplicated().any()

    def test_a_smaller_number_is_the_beginning(self, grid: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(sample_composites(200), grid[:200])
        assert grid[:41]["firearm"].nunique() == 41 and grid[:11]["background"].nunique() == 11

    def test_a_larger_number_begins_again_elsewhere(self) -> None:
        table = sample_composites(2 * 3 * 324, **SMALL)
        assert table["seed"].is_unique
        again = table.assign(cell=(3 * table["x"]).astype(int) + 3 * (3 * table["y"]).astype(int))
        again["step"] = (again["angle_deg"] // 10).astype(int)
        assert again.groupby(["firearm", "cell", "step"]).size().eq(2).all()

    def test_seeds_have_nothing_in_common(self, grid: pd.DataFrame) -> None:
        other = sample_composites(500, seed=1)
        for column in ("picture", "seed", "cutout_seed", "firearm"):
            assert not set(other[column]) & set(grid[column]), column

    def test_pools_share_no_firearm_family_background_or_photograph(self) -> None:
        family = firearm_catalogue().set_index("model")["look_alike_of"]
        for seed in range(2):
            study, outside = (sample_composites(4000, seed=seed, pool=pool) for pool in ("study", "outside"))
            for column in ("firearm", "model", "background", "cutout_seed", "scene_seed"):
                assert not set(study[column]) & set(outside[column]), column
            shared = set(study["scene_photograph"]) & set(outside["scene_photograph"])
            assert shared == {""}
            roots = [{family[model] or model for model in table["model"]} for table in (study, outside)]
            assert not roots[0] & roots[1]
            assert set(study["type"]) == set(outside["type"]) and study["type"].nunique() == 5

    def test_backgrounds_are_those_of_the_scenes(self, grid: pd.DataFrame) -> None:
        names = [name for name in grid if name.startswith("scene_")]
        scenes = grid.drop_duplicates("background")[["background", *names]]
        assert scenes["scene_kind"].value_counts().to_dict() == {
            "room": 13,
            "street": 12,
            "aisle": 12,
            "photograph": 6,
        }
        again = scenes.rename(columns={"background": "scene"} | {name: name[6:] for name in names})
        assert list(again) == list(sample_scenes(1)) and len(list(render_scenes(again[:2], pixels=32))) == 2

    def test_empty_pictures_have_their_share_and_half_of_them_an_object(self) -> None:
        table = sample_composites(3000, empty_share=0.3)
        assert table["empty"].mean() == pytest.approx(0.3, abs=0.03)
        assert table.loc[table["empty"], "look_alike"].ne("").mean() == pytest.approx(0.5, abs=0.06)
        assert table.loc[~table["empty"], "look_alike"].eq("").all()
        assert (table["type"] == "none").equals(table["empty"])
        full = sample_composites(3000)
        pd.testing.assert_series_equal(table["scale"], full["scale"])  # the others are what they were

    def test_only_photographed_ones_have_hands_and_a_camera(self) -> None:
        pasted, taken = (sample_composites(800, style=style) for style in ("pasted", "photographed"))
        camera = [name for name in taken if name.startswith("camera_")]
        assert (
            not pasted[camera].any(axis=None)
            and pasted["cover"].eq("none").all()
            and not pasted["held"].any()
        )
        assert (taken[camera] > 0).mean().between(0.2, 1).all() and 0.4 < taken["held"].mean() < 0.9
        assert taken["blend"].eq("feathered").all() and taken["match_light"].all()
        assert set(pasted["background"]) == set(taken["background"])

    @pytest.mark.parametrize(
        ("what", "wrong"),
        [
            ("n is 0", {"n": 0}),
            ("firearms is 0", {"firearms": 0}),
            ("backgrounds is -1", {"backgrounds": -1}),
            (r"empty_share is 1\.5", {"empty_share": 1.5}),
            ("median_share is 0", {"median_share": 0}),
            (r"style is 'drawn'.*pasted, photographed", {"style": "drawn"}),
            (r"blend is 'glued'.*plain, feathered", {"blend": "glued"}),
            (r"pool is 'both'.*study, outside", {"pool": "both"}),
        ],
    )
    def test_errors(self, what: str, wrong: dict[str, object]) -> None:
        with pytest.raises(ParameterError, match=what):
            sample_composites(**({"n": 10} | wrong))


class TestPictures:
    @pytest.mark.parametrize("style", ["pasted", "photographed"])
    def test_a_row_is_a_picture_whatever_the_others_and_the_threads(self, style: str) -> None:
        rows = sample_composites(14, **SMALL, style=style, empty_share=0.2)
        pictures = rendered(rows, threads=2)
        assert all(p.shape == (PIXELS, PIXELS, 3) and p.dtype == np.uint8 for p, _ in pictures)
        assert all(m.shape == (PIXELS, PIXELS) and m.dtype == bool for _, m in pictures)
        order = np.random.default_rng(0).permutation(14)
        shuffled = rendered(rows.iloc[order], threads=1)
        assert same([pictures[i] for i in order], shuffled)
        assert same(pictures[3:4], rendered(rows[3:4]))

    def test_a_table_written_and_read_again_makes_the_same(self, tmp_path: object) -> None:
        rows = sample_composites(4, **SMALL, style="photographed")
        rows.to_csv(tmp_path / "manifest.csv", index=False)
        again = pd.read_csv(tmp_path / "manifest.csv", keep_default_na=False)
        assert same(rendered(rows), rendered(again))

    def test_pasting_changes_the_mask_and_nothing_else(self) -> None:
        rows = sample_composites(40, **SMALL, median_share=0.03).query("type == 'pistol'")
        scenes = rendered(rows.assign(empty=True), 128)
        for (picture, mask), (scene, none) in zip(rendered(rows, 128), scenes, strict=True):
            assert not none.any() and mask.any()
            changed = (picture != scene).any(2)
            near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))) > 0
            # What is thinner than a pixel is seen faintly and is not in the mask.
            assert (changed & ~near).sum() < 0.08 * mask.sum() and changed[mask].mean() > 0.9

    def test_firearms_lie_where_the_manifest_says(self) -> None:
        rows = sample_composites(60, **SMALL)
        inside = rows[rows["x"].between(0.3, 0.7) & rows["y"].between(0.3, 0.7) & (rows["scale"] < 0.4)]
        assert len(inside) > 4
        for row, (_, mask) in zip(inside.itertuples(), rendered(inside, 128), strict=True):
            y, x = (np.array([v.min(), v.max()]) / 128 for v in np.nonzero(mask))
            assert (
                abs(x.mean() - row.x) < 0.17 * row.scale + 0.02
                and abs(y.mean() - row.y) < 0.17 * row.scale + 0.02
            )
            assert 0.7 * row.scale < max(np.ptp(x), np.ptp(y)) + 1 / 128 < 1.3 * row.scale + 0.02

    @pytest.mark.parametrize("style", ["pasted", "photographed"])
    def test_the_median_share_is_the_one_asked_for(self, style: str) -> None:
        rows = sample_composites(120, firearms=25, backgrounds=1, style=style)
        shares = np.array([mask.mean() for _, mask in rendered(rows)])
        # Measured over five seeds and both styles: 0.0083 to 0.0115.
        assert 0.007 < np.median(shares) < 0.013
        assert (shares > 0).all()

    def test_empty_pictures_show_the_scene_or_an_object(self) -> None:
        rows = sample_composites(40, **SMALL, empty_share=1.0)
        changed = []
        scenes = rendered(rows.assign(look_alike=""))
        for (picture, mask), (scene, _) in zip(rendered(rows), scenes, strict=True):
            assert not mask.any()
            changed.append((picture != scene).any())
        assert changed == rows["look_alike"].ne("").tolist()

    def test_what_is_done_to_a_picture_does_not_come_back(self) -> None:
        rows = sample_composites(3, **SMALL, empty_share=1.0).assign(look_alike="")
        before = [picture.copy() for picture, _ in rendered(rows)]
        for picture, _ in rendered(rows):
            picture[:] = 0
        assert all(np.array_equal(a, b) for a, (b, _) in zip(before, rendered(rows), strict=True))

    def test_somebody_holds_what_is_held(self) -> None:
        rows = sample_composites(60, **SMALL, style="photographed")
        rows = rows.assign(**{name: 0.0 for name in rows if name.startswith("camera_")})
        held = rows[rows["held"]][:12]
        alone = held.assign(style="pasted")  # the cut-out with its hand, and nobody
        bodies = []
        for (with_body, mask), (without, other) in zip(rendered(held), rendered(alone), strict=True):
            assert np.array_equal(mask, other)
            body = (np.abs(with_body.astype(int) - without).max(2) > 10) & ~mask
            bodies.append(body.sum() / mask.sum())
        assert np.median(bodies) > 4

    def test_a_larger_firearm_has_a_larger_holder(self) -> None:
        row = sample_composites(60, **SMALL, style="photographed").query("held and type == 'pistol'")[:1]
        row = row.assign(
            **{name: 0.0 for name in row if name.startswith("camera_")}, x=0.5, y=0.4, scale=0.06
        )
        sizes = []
        for scale in (0.03, 0.06):
            (full, _), (bare, _) = (
                rendered(r.assign(scale=scale), 128)[0] for r in (row, row.assign(empty=True))
            )
            rows_, _ = np.nonzero(np.abs(full.astype(int) - bare).max(2) > 12)
            sizes.append(np.ptp(rows_))
        assert 1.5 < sizes[1] / sizes[0] < 2.5

    def test_what_lies_there_has_a_shadow(self) -> None:
        rows = sample_composites(60, **SMALL, style="photographed", median_share=0.03)
        rows = rows.assign(**{name: 0.0 for name in rows if name.startswith("camera_")}, match_light=False)
        lying = rows.query("not held and cover == 'none'")[:6]
        assert len(lying) > 2
        for (picture, mask), (pasted, _) in zip(
            rendered(lying), rendered(lying.assign(style="pasted")), strict=True
        ):
            darker = pasted.astype(int) - picture
            assert darker.min() >= -1 and darker[~mask].max() > 5

    def test_a_muzzle_points_where_its_holder_faces(self) -> None:
        side, flip = ["right", "right", "left", "left"], [False, True, False, True]
        assert facing(side, flip).tolist() == [1, -1, -1, 1]

    def test_errors(self) -> None:
        rows = sample_composites(2)
        with pytest.raises(ParameterError, match="pixels is 4"):
            render_composites(rows, pixels=4)
        with pytest.raises(ParameterError, match="threads is 0"):
            render_composites(rows, threads=0)
        with pytest.raises(DataError, match="no column scene_seed, scale"):
            render_composites(rows.drop(columns=["scale", "scene_seed"]))
