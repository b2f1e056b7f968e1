import cv2
import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import firearm_catalogue, render_retrieval, sample_retrieval
from fireanalysis.simulators.retrieval import CLASSES, PICTURES, SPLITS, class_sizes

LONGER = 64
NO_CAMERA = {f"camera_{kind}": 0.0 for kind in ("light", "blur", "motion", "noise", "jpeg")}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return sample_retrieval(400, classes=15)


def rendered(rows: pd.DataFrame, longer: int = LONGER, **options: int) -> list[np.ndarray]:
    return list(render_retrieval(rows, longer=longer, **options))


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


class TestManifest:
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_the_papers_numbers(self, seed: int) -> None:
        split, sizes = class_sizes(PICTURES, CLASSES, seed=seed)
        assert (PICTURES, CLASSES, len(split)) == (14755, 167, 167)
        for name, classes, pictures in (("train", 107, 9628), ("validation", 20, 1478), ("test", 40, 3649)):
            inside = np.array(split) == name
            assert inside.sum() == classes and sizes[inside].sum() == pictures
        assert sizes.min() == 19 and 200 < sizes.max() < 300
        assert np.median(sizes) < sizes.mean()  # few are large

    @pytest.mark.parametrize(("pictures", "classes"), [(12, 3), (900, 42), (333, 17), (2000, 200)])
    def test_other_numbers_have_the_same_shares(self, pictures: int, classes: int) -> None:
        split, sizes = class_sizes(pictures, classes, seed=0)
        assert sizes.sum() == pictures and sizes.min() >= 3 and set(split) == set(SPLITS)
        for name, (part, _) in SPLITS.items():
            assert abs(split.count(name) - classes * part / CLASSES) <= 1

    def test_a_class_is_a_model_in_one_part_with_its_number(self, table: pd.DataFrame) -> None:
        assert len(table) == 400 and table["picture"].is_unique and table["source_picture"].is_unique
        models = firearm_catalogue(15).set_index("model")
        assert set(table["class"]) == set(models.index)
        assert (table["class"].map(models["type"]) == table["type"]).all()
        assert (table["class"].map(models["look_alike_of"]) == table["look_alike_of"]).all()
        assert table.groupby("class")["split"].nunique().eq(1).all()
        assert table.groupby("firearm")["class"].nunique().eq(1).all()

    def test_a_firearm_is_photographed_at_one_place_from_one_side(self, table: pd.DataFrame) -> None:
        alike = table.groupby("firearm")[["setting", "background", "surface", "side", "finish"]].nunique()
        assert alike.eq(1).all(axis=None)
        assert table.groupby("firearm").size().max() > 3 and table["firearm"].nunique() > 40
        assert table.groupby("firearm")["yaw_deg"].nunique().equals(table.groupby("firearm").size())
        at_places = table.groupby("background")["class"].transform("nunique")
        assert (at_places > 1).mean() > 0.5  # a background seldom gives the class away
        assert table.groupby("class")["firearm"].nunique().between(5, 11).all()

    def test_pictures_are_of_many_kinds(self, table: pd.DataFrame) -> None:
        assert set(table["setting"]) == {"shop", "surface", "scene", "held"}
        assert (table["cover"].eq("hand") == table["setting"].eq("held")).all()
        for share in (table["aspect"] < 1, table["aspect"] == 1, table["scale"] > 1, table["beside"] != ""):
            assert 0.01 < share.mean() < 0.5
        assert table["pixels"].between(400, 1600).all()

    def test_seeds_have_nothing_in_common(self, table: pd.DataFrame) -> None:
        other = sample_retrieval(400, classes=15, seed=1)
        for column in ("picture", "firearm", "cutout_seed", "scene_seed"):
            assert not set(other[column]) & set(table[column]), column
        assert (
            other.groupby("class")["split"].first().tolist()
            != table.groupby("class")["split"].first().tolist()
        )

    def test_copies_have_their_share_and_stay_in_their_class(self, table: pd.DataFrame) -> None:
        copied = sample_retrieval(400, classes=15, copies=0.3)
        assert copied["copy"].mean() == pytest.approx(0.3, abs=0.07) and copied["picture"].is_unique
        assert copied.groupby("class").size().equals(table.groupby("class").size())
        originals = copied[~copied["copy"]].set_index("picture")
        copies = copied[copied["copy"]]
        assert set(copies["source_picture"]) <= set(originals.index)
        assert (originals.loc[copies["source_picture"], "class"].to_numpy() == copies["class"]).all()

    @pytest.mark.parametrize(
        ("what", "wrong"),
        [
            ("classes is 2; it must be at least 3", {"classes": 2}),
            ("pictures is 10; it must be at least 60", {"pictures": 10}),
            (r"copies is 1\.5; allowed is 0 to 0\.9", {"copies": 1.5}),
        ],
    )
    def test_errors(self, what: str, wrong: dict[str, float]) -> None:
        with pytest.raises(ParameterError, match=what):
            sample_retrieval(**({"pictures": 100, "classes": 15} | wrong))


class TestPictures:
    def test_a_row_is_a_picture_whatever_the_others_and_the_threads(self, table: pd.DataFrame) -> None:
        rows = table.groupby("setting").head(4)
        pictures = rendered(rows)
        order = np.random.default_rng(0).permutation(len(rows))
        assert same([pictures[i] for i in order], rendered(rows.iloc[order], threads=1))
        assert same(pictures[3:4], rendered(rows[3:4]))

    def test_a_table_written_and_read_again_makes_the_same(
        self, table: pd.DataFrame, tmp_path: object
    ) -> None:
        rows = table.groupby("setting").head(1)
        rows.to_csv(tmp_path / "manifest.csv", index=False)
        again = pd.read_csv(tmp_path / "manifest.csv", keep_default_na=False)
        assert same(rendered(rows), rendered(again))

    def test_they_have_their_aspect_and_are_no_larger_than_the_web_has_them(
        self, table: pd.DataFrame
    ) -> None:
        rows = table[:24].assign(pixels=[48, 400] * 12)
        for row, picture in zip(rows.itertuples(), rendered(rows), strict=True):
            assert picture.dtype == np.uint8 and picture.shape[2] == 3
            assert max(picture.shape) == min(LONGER, row.pixels)
            assert abs(picture.shape[1] - row.aspect * picture.shape[0]) <= max(row.aspect, 1)

    @pytest.mark.parametrize("setting", ["shop", "surface", "scene"])
    def test_firearms_are_where_the_manifest_says(self, table: pd.DataFrame, setting: str) -> None:
        rows = table[(table["setting"] == setting) & (table["scale"] < 0.65)].assign(**NO_CAMERA)
        rows = rows[(rows["cover"] == "none") & rows[["x", "y"]].sub(0.5).abs().lt(0.1).all(axis=1)][:10]
        assert len(rows) > 3
        bare = rendered(rows.assign(type="none"))
        off, length = [], []
        for row, picture, ground in zip(rows.itertuples(), rendered(rows), bare, strict=True):
            y, x = np.nonzero(np.abs(picture.astype(int) - ground).max(2) > 12)
            middle = np.array([x.min() + x.max(), y.min() + y.max()]) / 2 / picture.shape[1::-1]
            off.append(np.abs(middle - [row.x, row.y]).max())
            length.append(max(np.ptp(x), np.ptp(y)) / LONGER / row.scale)
        # Dark ones on dark ground are seen in part, and their shadows are seen, too.
        assert np.median(off) < 0.06 and max(off) < 0.25 and 0.7 < np.median(length) < 1.25

    def test_somebody_holds_what_is_held(self, table: pd.DataFrame) -> None:
        held = table[(table["setting"] == "held") & (table["scale"] < 0.5)].assign(**NO_CAMERA)[:8]
        assert len(held) > 3
        bodies = []
        for with_body, bare in zip(rendered(held), rendered(held.assign(type="none")), strict=True):
            bodies.append((np.abs(with_body.astype(int) - bare).max(2) > 12).mean())
        assert np.median(bodies) > 0.1

    def test_copies_look_like_what_they_are_copies_of_and_not_the_same(self) -> None:
        copied = sample_retrieval(200, classes=10, copies=0.2)
        copies = copied[copied["copy"]][:16]
        originals = copied[~copied["copy"]].set_index("picture", drop=False).loc[copies["source_picture"]]

        def small(rows: pd.DataFrame) -> np.ndarray:
            tiny = [cv2.resize(p, (12, 12), interpolation=cv2.INTER_AREA).ravel() for p in rendered(rows)]
            return np.array(tiny, float)

        near = np.corrcoef(small(copies), small(originals))[:16, 16:]
        assert np.median(np.diag(near)) > 0.95 > 0.6 > np.median(near[~np.eye(16, dtype=bool)])
        assert not any(
            np.array_equal(a, b) for a, b in zip(rendered(copies), rendered(originals), strict=True)
        )
        assert any(max(p.shape) < LONGER for p in rendered(copies))

    def test_another_thing_lies_beside(self, table: pd.DataFrame) -> None:
        rows = table[table["beside"] != ""][:6]
        without = rendered(rows.assign(beside=""))
        assert sum(not np.array_equal(a, b) for a, b in zip(rendered(rows), without, strict=True)) >= 5

    def test_errors(self, table: pd.DataFrame) -> None:
        with pytest.raises(ParameterError, match="longer is 8; it must be at least 32"):
            render_retrieval(table, longer=8)
        with pytest.raises(ParameterError, match="threads is 0"):
            render_retrieval(table, threads=0)
        with pytest.raises(DataError, match="no column scene_seed, scale"):
            render_retrieval(table.drop(columns=["scale", "scene_seed"]))
