"""Scores of masks against scikit-learn, torchmetrics and Keras's definition; intervals against a loop over scenes."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score
from torchmetrics.segmentation import MeanIoU

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError

SCORES = ["foreground IoU", "background IoU", "mean IoU", "dice", "precision", "recall", "IoU by picture"]


def drawn(n: int, *, pixels: int = 24, seed: int = 0) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Rectangles, and probabilities that are higher inside than outside."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((n, pixels, pixels), bool)
    for mask in truth:
        (y, x), (h, w) = rng.integers(0, pixels - 4, 2), rng.integers(1, 9, 2)
        mask[y : y + h, x : x + w] = True
    noise = rng.random(truth.shape)
    return np.where(truth, noise**0.5, noise**2).astype(np.float16), truth


class TestScores:
    def test_pooled_scores_are_scikit_learn_s_on_all_pixels(self) -> None:
        said, truth = drawn(12)
        found = metrics.segmentation_scores(metrics.segmentation_counts(said, truth))
        true, mask = truth.ravel(), said.ravel() >= 0.5
        expected = [
            jaccard_score(true, mask),
            jaccard_score(~true, ~mask),
            jaccard_score(true, mask, average="macro"),
            f1_score(true, mask),
            precision_score(true, mask),
            recall_score(true, mask),
            np.mean([jaccard_score(t.ravel(), s.ravel() >= 0.5) for t, s in zip(truth, said, strict=True)]),
        ]
        assert list(found.index) == SCORES
        assert found.to_numpy() == pytest.approx(expected)

    def test_iou_by_picture_is_torchmetrics(self) -> None:
        said, truth = drawn(9, seed=3)
        theirs = MeanIoU(num_classes=2, per_class=True, input_format="index")
        theirs.update(torch.from_numpy((said >= 0.5).astype(int)), torch.from_numpy(truth.astype(int)))
        found = metrics.segmentation_scores(metrics.segmentation_counts(said, truth))
        assert found["IoU by picture"] == pytest.approx(float(theirs.compute()[1]), abs=1e-6)

    def test_predicting_nothing_gives_half_of_the_background(self) -> None:
        said, truth = drawn(8, seed=1)
        p = truth.mean()
        nothing = metrics.predict_nothing(metrics.segmentation_counts(said, truth))
        pd.testing.assert_frame_equal(nothing, metrics.segmentation_counts(np.zeros_like(said), truth))
        scores = metrics.segmentation_scores(nothing)
        assert scores["mean IoU"] == pytest.approx((1 - p) / 2)
        assert scores["foreground IoU"] == scores["dice"] == scores["recall"] == 0
        assert np.isnan(scores["precision"])

    def test_all_foreground(self) -> None:
        _, truth = drawn(8, seed=1)
        scores = metrics.segmentation_scores(metrics.segmentation_counts(np.ones(truth.shape), truth))
        assert scores["foreground IoU"] == scores["precision"] == pytest.approx(truth.mean())
        assert scores["background IoU"] == 0
        assert scores["recall"] == 1

    def test_nothing_there_and_nothing_found(self) -> None:
        empty = np.zeros((2, 5, 5), bool)
        scores = metrics.segmentation_scores(metrics.segmentation_counts(empty, empty))
        undefined = ["foreground IoU", "dice", "precision", "recall", "IoU by picture"]
        assert scores[undefined].isna().all()
        assert scores["background IoU"] == scores["mean IoU"] == 1

    def test_an_empty_picture_counts_in_what_is_pooled_only(self) -> None:
        said, truth = drawn(5, seed=2)
        alone = metrics.segmentation_scores(metrics.segmentation_counts(said, truth))
        more = [np.concatenate([said, said[:1]]), np.concatenate([truth, np.zeros_like(truth[:1])])]
        both = metrics.segmentation_scores(metrics.segmentation_counts(*more))
        assert both["IoU by picture"] == alone["IoU by picture"]
        assert both["recall"] == alone["recall"]
        assert both["precision"] < alone["precision"]

    def test_one_pixel_found_and_missed_by_one(self) -> None:
        truth = np.zeros((1, 6, 6), bool)
        truth[0, 2, 3] = True
        assert metrics.segmentation_scores(metrics.segmentation_counts(truth, truth))["foreground IoU"] == 1
        beside = metrics.segmentation_counts(np.roll(truth, 1, axis=2), truth)
        assert beside[["tp", "fp", "fn", "tn"]].iloc[0].tolist() == [0, 1, 1, 34]


class TestCounts:
    def test_pictures_of_any_size_one_at_a_time(self) -> None:
        truths = [np.eye(3, dtype=bool), np.ones((2, 5), bool)]
        counts = metrics.segmentation_counts((t.astype(np.float32) for t in truths), iter(truths))
        assert counts[["tp", "fp", "fn", "tn"]].to_numpy().tolist() == [[3, 0, 0, 6], [10, 0, 0, 0]]

    def test_several_thresholds_are_each_of_them_alone(self) -> None:
        said, truth = drawn(4)
        limits = [0.2, 0.5, 0.9]
        together = metrics.segmentation_counts(said, truth, threshold=limits)
        alone = pd.concat([metrics.segmentation_counts(said, truth, threshold=limit) for limit in limits])
        expected = alone.sort_values(["picture", "threshold"], ignore_index=True)
        pd.testing.assert_frame_equal(together, expected)
        curve = metrics.threshold_curve(together)
        assert curve.loc[0.5].equals(
            metrics.segmentation_scores(metrics.segmentation_counts(said, truth)).rename(0.5)
        )
        assert curve["recall"].is_monotonic_decreasing

    def test_a_threshold_itself_is_foreground(self) -> None:
        counts = metrics.segmentation_counts([np.array([[0.5, 0.3]])], [np.ones((1, 2), bool)], threshold=0.5)
        assert counts["tp"].tolist() == [1]

    @pytest.mark.parametrize(
        ("said", "truth", "what"),
        [
            (np.ones((2, 3, 3)), np.ones((2, 3, 4), bool), r"prediction 0 is float64 \(3, 3\)"),
            (np.ones((2, 3, 3)), np.ones((3, 3, 3), bool), "predictions end after 2"),
            (np.ones((3, 3, 3)), np.ones((2, 3, 3), bool), "masks end after 2"),
            (np.ones((1, 3, 3)), np.ones((1, 3, 3), np.uint8), "its mask uint8"),
            (np.full((1, 3, 3), np.nan), np.ones((1, 3, 3), bool), "from nan to nan"),
            (np.full((1, 3, 3), np.nan, np.float16), np.ones((1, 3, 3), bool), "from nan to nan"),
            (np.full((1, 3, 3), 1.5), np.ones((1, 3, 3), bool), "from 1.5 to 1.5"),
            (np.full((1, 3, 3), -0.5), np.ones((1, 3, 3), bool), "from -0.5"),
            (np.full((1, 3, 3), 255, np.uint8), np.ones((1, 3, 3), bool), "is uint8 from 255"),
            (np.ones((1, 0, 3)), np.ones((1, 0, 3), bool), r"\(0, 3\)"),
            ([], [], "no picture"),
        ],
    )
    def test_what_does_not_go_together(self, said: NDArray, truth: NDArray, what: str) -> None:
        with pytest.raises(DataError, match=what):
            metrics.segmentation_counts(said, truth)

    def test_one_missing_probability_among_many(self) -> None:
        said, truth = drawn(3)
        said[1, 4, 4] = np.nan
        with pytest.raises(DataError, match="prediction 1"):
            metrics.segmentation_counts(said, truth)

    @pytest.mark.parametrize("threshold", [0, -0.1, 1.1, np.nan, [], [0.5, 2]])
    def test_no_threshold(self, threshold: float) -> None:
        with pytest.raises(ParameterError, match="above 0 and at most 1"):
            metrics.segmentation_counts(np.ones((1, 2, 2)), np.ones((1, 2, 2), bool), threshold=threshold)

    def test_scores_of_no_counts(self) -> None:
        said, truth = drawn(2)
        counts = metrics.segmentation_counts(said, truth, threshold=[0.1, 0.5])
        for wrong, what in (
            (counts, "several"),
            (counts.drop(columns="tp"), "no tp"),
            (counts[:0], "no row"),
        ):
            with pytest.raises(DataError, match=what):
                metrics.segmentation_scores(wrong)


class TestIntervals:
    def test_they_are_those_of_scenes_drawn_in_a_loop(self) -> None:
        said, truth = drawn(18)
        counts, scene = metrics.segmentation_counts(said, truth), np.repeat(np.arange(6), 3)
        found = metrics.bootstrap_segmentation(counts, groups=scene, seed=5, resamples=40)
        rng, draws = np.random.default_rng(5), []
        for chosen in rng.integers(6, size=(40, 6)):
            rows = np.concatenate([np.flatnonzero(scene == one) for one in chosen])
            draws.append(jaccard_score(truth[rows].ravel(), said[rows].ravel() >= 0.5))
        assert found["foreground IoU"].draws == pytest.approx(np.array(draws))
        assert found["foreground IoU"].low == pytest.approx(np.quantile(draws, 0.025))
        assert found["foreground IoU"].groups == 6

    def test_differences_draw_scenes_for_both_networks(self) -> None:
        said, truth = drawn(12)
        other = np.roll(said, 1, axis=2)
        one, two = (metrics.segmentation_counts(of, truth) for of in (said, other))
        how = {"groups": np.arange(12) // 2, "seed": 3, "resamples": 50}
        gain = metrics.bootstrap_segmentation(one, against=two, **how)
        alone = [metrics.bootstrap_segmentation(counts, **how) for counts in (one, two)]
        for name in SCORES:
            assert gain[name].draws == pytest.approx(alone[0][name].draws - alone[1][name].draws)
            assert gain[name].value == pytest.approx(alone[0][name].value - alone[1][name].value)

    def test_networks_on_other_pictures_are_not_compared(self) -> None:
        said, truth = drawn(6)
        one = metrics.segmentation_counts(said, truth)
        others = (metrics.segmentation_counts(said[::-1], truth[::-1]), one[:5])
        for other in others:
            with pytest.raises(DataError, match="not of the same pictures"):
                metrics.bootstrap_segmentation(one, against=other, groups=range(6), seed=0)

    def test_a_table_always_ends_with_nothing(self) -> None:
        said, truth = drawn(9)
        counts = {
            "a": metrics.segmentation_counts(said, truth),
            "b": metrics.segmentation_counts(truth, truth),
        }
        table = metrics.segmentation_table(counts, groups=range(9), seed=0, resamples=50)
        assert list(table.index) == ["a", "b", "predict nothing"]
        assert table.loc["b", ("foreground IoU", "low")] == 1
        assert table.loc["predict nothing", ("mean IoU", "value")] == pytest.approx((1 - truth.mean()) / 2)
        low, value, high = (table.loc["a", ("foreground IoU", part)] for part in ("low", "value", "high"))
        assert low < value < high
        with pytest.raises(ParameterError, match="no network"):
            metrics.segmentation_table({}, groups=range(9), seed=0)
