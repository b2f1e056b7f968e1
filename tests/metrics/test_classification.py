"""Scores against scikit-learn, intervals against a loop and against samples whose spread is known."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from fireanalysis import metrics
from fireanalysis.errors import DataError, ParameterError

NAMES = ["a", "b", "c", "d"]


def predictions(n: int, *, classes: int, seed: int) -> tuple[NDArray, NDArray, NDArray]:
    """Truth, predictions right three times in five, and firearms with eight samples of one class each."""
    rng = np.random.default_rng(seed)
    firearm = np.arange(n) // 8
    truth = rng.integers(classes, size=n)[firearm]
    return truth, np.where(rng.random(n) < 0.6, truth, rng.integers(classes, size=n)), firearm


class TestReports:
    def test_counts_and_row_shares_are_scikit_learn_s(self) -> None:
        truth, said, _ = predictions(400, classes=4, seed=0)
        counts = metrics.confusion_counts(truth, said, classes=NAMES)
        assert np.array_equal(counts, confusion_matrix(truth, said))
        assert metrics.row_shares(counts) == pytest.approx(confusion_matrix(truth, said, normalize="true"))

    def test_a_worked_table(self) -> None:
        # a: two of three found, no other called so. b: one of one, one other called so. c: never said.
        table = metrics.class_report([0, 0, 0, 1, 2], [0, 0, 1, 1, 3], classes=NAMES)
        assert list(table.index) == NAMES
        assert table["precision"].tolist() == pytest.approx([1, 1 / 2, np.nan, 0], nan_ok=True)
        assert table["recall"].tolist() == pytest.approx([2 / 3, 1, 0, np.nan], nan_ok=True)
        assert table["f1"].tolist() == pytest.approx([4 / 5, 2 / 3, 0, 0])
        assert table["support"].tolist() == [3, 1, 1, 0]
        assert table["predicted"].tolist() == [2, 2, 0, 1]

    def test_a_class_neither_there_nor_said_has_no_f1(self) -> None:
        assert np.isnan(metrics.class_report([0, 1], [0, 1], classes="abc")["f1"]["c"])

    @pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
    def test_averages_are_scikit_learn_s(self, average: str) -> None:
        truth, said, _ = predictions(400, classes=4, seed=1)
        expected = precision_recall_fscore_support(truth, said, average=average)[:3]
        found = metrics.average_report(truth, said, classes=NAMES).loc[average]
        assert found.tolist() == pytest.approx(expected)

    def test_both_macro_f1_by_hand(self) -> None:
        table = metrics.average_report([0, 0, 0, 1], [0, 0, 1, 1], classes="ab")
        f1 = [2 * 1 * (2 / 3) / (1 + 2 / 3), 2 * (1 / 2) * 1 / (1 / 2 + 1)]
        p, r = (1 + 1 / 2) / 2, (2 / 3 + 1) / 2
        assert table["f1"]["macro"] == pytest.approx(np.mean(f1))
        assert table["f1"]["macro, harmonic"] == pytest.approx(2 * p * r / (p + r))

    def test_a_class_never_predicted_counts_as_0_or_not_at_all(self) -> None:
        truth, said = [0, 0, 1, 2], [0, 0, 1, 1]  # precisions 1, 1/2, undefined
        zero = metrics.average_report(truth, said, classes="abc")
        left_out = metrics.average_report(truth, said, classes="abc", undefined=float("nan"))
        assert zero["precision"]["macro"] == pytest.approx((1 + 0.5 + 0) / 3)
        assert left_out["precision"]["macro"] == pytest.approx((1 + 0.5) / 2)
        assert zero["recall"]["macro"] == left_out["recall"]["macro"] == pytest.approx(2 / 3)

    def test_a_class_without_samples_is_in_no_average_but_its_false_alarms_count(self) -> None:
        table = metrics.average_report([0, 0, 1, 1], [0, 2, 1, 1], classes="abc")
        assert table["precision"]["macro"] == 1
        assert table["recall"]["macro"] == 0.75
        assert table["precision"]["micro"] == 0.75

    @pytest.mark.parametrize(
        ("truth", "said"), [([], []), ([0, 1], [0]), ([0.0, 1.0], [0, 1]), ([[0]], [[0]]), (["a"], ["a"])]
    )
    def test_what_is_no_pair_of_codes(self, truth: list, said: list) -> None:
        with pytest.raises(DataError, match="one code"):
            metrics.class_report(truth, said, classes="ab")

    @pytest.mark.parametrize(
        ("truth", "said", "which"), [([-1, 0], [0, 0], "truth"), ([0], [2], "predictions")]
    )
    def test_a_code_of_no_class(self, truth: list, said: list, which: str) -> None:
        with pytest.raises(ParameterError, match=f"1 {which} hold codes outside 0 to 1"):
            metrics.confusion_counts(truth, said, classes="ab")

    @pytest.mark.parametrize("undefined", [1.0, 0.5])
    def test_undefined_is_0_or_nan(self, undefined: float) -> None:
        with pytest.raises(ParameterError, match="0 and NaN"):
            metrics.average_report([0], [0], classes="ab", undefined=undefined)

    @pytest.mark.parametrize(
        "counts", [[1, 2], [[1, 2, 3], [1, 2, 3]], [[-1, 2], [0, 0]], [[np.nan, 1], [1, 1]]]
    )
    def test_row_shares_of_no_confusion_matrix(self, counts: list) -> None:
        with pytest.raises(DataError, match="square"):
            metrics.row_shares(counts)


def looped(truth: NDArray, said: NDArray, firearm: NDArray, drawn: NDArray) -> tuple[NDArray, NDArray]:
    """Rows of the drawn firearms, by concatenation."""
    rows = np.concatenate([np.flatnonzero(firearm == one) for one in drawn])
    return truth[rows], said[rows]


class TestBootstrap:
    def test_scores_of_every_resample_are_scikit_learn_s_on_its_rows(self) -> None:
        truth, said, firearm = predictions(160, classes=4, seed=2)
        found = metrics.bootstrap_scores(truth, said, classes=NAMES, groups=firearm, seed=5, resamples=30)
        drawn = np.random.default_rng(5).integers(20, size=(30, 20))
        for k, chosen in enumerate(drawn):
            t, s = looped(truth, said, firearm, chosen)
            table = metrics.class_report(t, s, classes=NAMES)
            for name in ("precision", "recall", "f1"):
                assert found[name].draws[k] == pytest.approx(table[name].to_numpy(), nan_ok=True)
            averages = metrics.average_report(t, s, classes=NAMES)
            assert found["accuracy"].draws[k] == pytest.approx((t == s).mean())
            for row, name in (("macro", "f1"), ("weighted", "precision"), ("macro", "recall")):
                assert found[f"{row} {name}"].draws[k] == pytest.approx(averages[name][row])
            assert found["macro f1 (harmonic)"].draws[k] == pytest.approx(averages["f1"]["macro, harmonic"])

    def test_values_are_those_of_the_reports(self) -> None:
        truth, said, firearm = predictions(400, classes=4, seed=3)
        found = metrics.bootstrap_scores(truth, said, classes=NAMES, groups=firearm, seed=0, resamples=10)
        assert found["f1"].value == pytest.approx(f1_score(truth, said, average=None))
        averages = metrics.average_report(truth, said, classes=NAMES)
        for row in ("macro", "weighted"):
            for name in ("precision", "recall", "f1"):
                assert found[f"{row} {name}"].value == pytest.approx(averages[name][row])

    def test_three_ways_to_the_same_interval(self) -> None:
        truth, said, firearm = predictions(400, classes=4, seed=4)
        how = {"groups": firearm, "seed": 11, "resamples": 200}
        scores = metrics.bootstrap_scores(truth, said, classes=NAMES, **how)["accuracy"]
        mean = metrics.bootstrap_mean(truth == said, **how)
        any_statistic = metrics.bootstrap_interval(lambda t, s: np.mean(t == s), truth, said, **how)
        for one in (scores, mean):
            assert (one.value, one.low, one.high) == pytest.approx(
                (any_statistic.value, any_statistic.low, any_statistic.high)
            )
            assert one.groups == 50

    def test_percentiles_are_those_of_the_draws(self) -> None:
        truth, said, firearm = predictions(160, classes=4, seed=6)
        found = metrics.bootstrap_mean(truth == said, groups=firearm, seed=0, confidence=0.8)
        assert (found.low, found.high) == pytest.approx(tuple(np.percentile(found.draws, [10, 90])))

    def test_spread_is_that_of_means_of_independent_values(self) -> None:
        x = np.random.default_rng(7).normal(size=400)
        found = metrics.bootstrap_mean(x, groups=range(400), seed=0, resamples=4000)
        half = 1.96 * x.std() / np.sqrt(400)
        assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.06)

    def test_samples_that_repeat_their_firearm_add_nothing(self) -> None:
        x = np.random.default_rng(8).normal(size=60)
        once = metrics.bootstrap_mean(x, groups=range(60), seed=0)
        twenty = metrics.bootstrap_mean(np.repeat(x, 20), groups=np.repeat(range(60), 20), seed=0)
        naive = metrics.bootstrap_mean(np.repeat(x, 20), groups=range(1200), seed=0)
        assert (twenty.low, twenty.high) == pytest.approx((once.low, once.high))
        assert naive.high - naive.low == pytest.approx((once.high - once.low) / np.sqrt(20), rel=0.15)

    def test_intervals_by_firearm_hold_the_truth_as_often_as_they_say_and_naive_ones_do_not(self) -> None:
        # 60 firearms with 10 samples; how often a firearm is recognised is uniform, so the truth is 0.5.
        held = {"firearm": 0, "sample": 0}
        for trial in range(300):
            rng = np.random.default_rng(trial)
            right = (rng.random((60, 10)) < rng.random((60, 1))).ravel()
            for name, groups in (("firearm", np.repeat(range(60), 10)), ("sample", range(600))):
                found = metrics.bootstrap_mean(right, groups=groups, seed=0, resamples=200)
                held[name] += found.low <= 0.5 <= found.high
        assert 0.90 <= held["firearm"] / 300 <= 0.98
        assert held["sample"] / 300 < 0.80

    def test_several_values_a_sample(self) -> None:
        x = np.random.default_rng(9).normal(size=(30, 2, 3))
        found = metrics.bootstrap_mean(x, groups=np.arange(30) // 3, seed=1, resamples=50)
        one = metrics.bootstrap_mean(x[:, 1, 2], groups=np.arange(30) // 3, seed=1, resamples=50)
        assert found.value == pytest.approx(x.mean(0))
        assert found.draws.shape == (50, 2, 3)
        assert (found.low[1, 2], found.high[1, 2]) == pytest.approx((one.low, one.high))

    def test_same_seed_same_interval(self) -> None:
        truth, said, firearm = predictions(160, classes=4, seed=2)
        a, b, c = (
            metrics.bootstrap_mean(truth == said, groups=firearm, seed=seed, resamples=300).draws
            for seed in (0, 0, 1)
        )
        assert np.array_equal(a, b)
        assert not np.array_equal(a, c)

    def test_names_of_groups_do_not_matter(self) -> None:
        x = [1.0, 2.0, 3.0]
        named = metrics.bootstrap_mean(x, groups=["a", "b", "c"], seed=0)
        counted = metrics.bootstrap_mean(x, groups=[5, 7, 9], seed=0)
        assert np.array_equal(named.draws, counted.draws)


class TestConfusedPairs:
    def test_shares_and_what_the_others_do_by_a_loop(self) -> None:
        truth, said, firearm = predictions(400, classes=4, seed=10)
        table = metrics.confused_pairs(truth, said, classes=NAMES, groups=firearm, seed=0, resamples=50)
        shares = confusion_matrix(truth, said, normalize="true")
        assert len(table) == 12
        for row in table.itertuples():
            i, j = NAMES.index(row.truth), NAMES.index(row.predicted)
            others = np.mean([shares[k, j] for k in range(4) if k not in (i, j)])
            assert (row.share, row.others) == pytest.approx((shares[i, j], others))
            assert row.surplus == pytest.approx(shares[i, j] - others)
            all_pairs = shares[~np.eye(4, dtype=bool)]
            equal = np.isclose(all_pairs, row.share).sum()
            assert row.rank == (all_pairs > row.share + 1e-9).sum() + (1 + equal) / 2
        assert table["rank"].tolist() == sorted(table["rank"])

    def test_intervals_are_those_of_any_statistic(self) -> None:
        truth, said, firearm = predictions(400, classes=4, seed=10)
        how = {"groups": firearm, "seed": 3, "resamples": 100}
        table = metrics.confused_pairs(truth, said, classes=NAMES, **how)
        row = table[(table["truth"] == "b") & (table["predicted"] == "d")].iloc[0]
        surplus = metrics.bootstrap_interval(
            lambda t, s: np.mean(s[t == 1] == 3) - np.mean([np.mean(s[t == k] == 3) for k in (0, 2)]),
            truth,
            said,
            **how,
        )
        assert (row.surplus_low, row.surplus_high) == pytest.approx((surplus.low, surplus.high))

    def test_a_class_that_attracts_all_errors_alike_has_no_surplus(self) -> None:
        rng = np.random.default_rng(0)
        truth = np.repeat(range(4), 500)
        said = np.where((rng.random(2000) < 0.3) & (truth != 3), 3, truth)
        # But a is taken for b besides.
        said[(truth == 0) & (rng.random(2000) < 0.2)] = 1
        table = metrics.confused_pairs(truth, said, classes=NAMES, groups=range(2000), seed=0)
        pairs = table.set_index(["truth", "predicted"])
        assert pairs.loc[("a", "b"), "surplus_low"] > 0.1
        assert pairs.loc[("b", "d"), "share"] > 0.2
        assert pairs.loc[("b", "d"), "surplus_low"] < 0.05

    def test_a_class_without_samples(self) -> None:
        table = metrics.confused_pairs([0, 0, 1, 1], [1, 0, 1, 1], classes="abc", groups=range(4), seed=0)
        pairs = table.set_index(["truth", "predicted"])
        assert np.isnan(pairs.loc[("c", "a"), "share"])
        assert pairs.loc[("a", "b"), "share"] == 0.5
        assert np.isnan(pairs.loc[("a", "b"), "others"])  # only c could tell

    def test_two_classes(self) -> None:
        with pytest.raises(DataError, match="2 classes; three are needed"):
            metrics.confused_pairs([0, 1], [0, 1], classes="ab", groups=[0, 1], seed=0)


def test_ends_of_one_interval_of_an_array_and_of_several_of_numbers() -> None:
    x = np.random.default_rng(0).normal(size=(20, 3))
    many = metrics.bootstrap_mean(x, groups=range(20), seed=0, resamples=50)
    single = [metrics.bootstrap_mean(x[:, k], groups=range(20), seed=0, resamples=50) for k in range(3)]
    for a, b in zip(metrics.interval_ends(many), metrics.interval_ends(single), strict=True):
        assert a == pytest.approx(b)


class TestOddInput:
    def test_all_equal_gives_an_interval_without_width(self) -> None:
        found = metrics.bootstrap_mean([True] * 6, groups=[0, 0, 1, 1, 2, 2], seed=0)
        assert (found.value, found.low, found.high) == (1, 1, 1)

    def test_a_class_in_one_firearm_only_is_undefined_where_it_is_not_drawn(self) -> None:
        truth, said, firearm = np.array([0, 0, 0, 1]), np.array([0, 0, 0, 1]), np.array([0, 1, 2, 3])
        found = metrics.bootstrap_scores(truth, said, classes="abc", groups=firearm, seed=0)
        # Not drawn in (3/4)^4 of the resamples.
        assert found["recall"].defined[1] == pytest.approx(1 - 0.75**4, abs=0.05)
        assert (found["recall"].low[1], found["recall"].high[1]) == (1, 1)
        assert found["recall"].defined[2] == 0
        assert np.isnan([found["recall"].value[2], found["recall"].low[2], found["recall"].high[2]]).all()

    def test_a_statistic_that_is_undefined_in_some_resamples(self) -> None:
        x, firearm = np.array([1.0, 2.0, 3.0]), np.arange(3)
        found = metrics.bootstrap_interval(
            lambda v: np.std(v) if len(set(v)) > 1 else np.nan, x, groups=firearm, seed=0
        )
        assert found.defined == pytest.approx(1 - 3 / 27, abs=0.04)
        assert found.low > 0

    def test_one_group(self) -> None:
        with pytest.raises(DataError, match=r"all samples are of one group, 'gun 7'"):
            metrics.bootstrap_mean([1, 0], groups=["gun 7", "gun 7"], seed=0)

    @pytest.mark.parametrize(
        ("values", "groups"), [([1, 0], [1]), ([], []), (1.0, 2.0), ([1, 2], [[1], [2]])]
    )
    def test_lengths_that_differ(self, values: list, groups: list) -> None:
        with pytest.raises(DataError, match="equally many"):
            metrics.bootstrap_mean(values, groups=groups, seed=0)

    def test_no_arrays(self) -> None:
        with pytest.raises(DataError, match="equally many"):
            metrics.bootstrap_interval(np.mean, groups=[0, 1], seed=0)

    def test_nan(self) -> None:
        with pytest.raises(DataError, match="1 values are NaN"):
            metrics.bootstrap_mean([1.0, np.nan], groups=[0, 1], seed=0)
        with pytest.raises(DataError, match="no group"):
            metrics.bootstrap_mean([1.0, 2.0], groups=["a", None], seed=0)

    @pytest.mark.parametrize(
        "how", [{"resamples": 0}, {"confidence": 0.0}, {"confidence": 1.0}, {"seed": -1}]
    )
    def test_parameters_out_of_range(self, how: dict) -> None:
        with pytest.raises(ParameterError, match=next(iter(how))):
            metrics.bootstrap_mean([1.0, 2.0], groups=[0, 1], **({"seed": 0} | how))

    def test_only_one_number_is_formatted(self) -> None:
        many = metrics.bootstrap_mean([[1.0, 2.0], [3.0, 4.0]], groups=[0, 1], seed=0)
        with pytest.raises(TypeError, match="one number"):
            format(many, ".1f")


def test_a_thousand_resamples_of_five_thousand_predictions_are_quick() -> None:
    truth, said, firearm = predictions(5000, classes=21, seed=0)
    start = time.perf_counter()
    found = metrics.bootstrap_scores(truth, said, classes=range(21), groups=firearm, seed=0)
    metrics.bootstrap_mean(truth == said, groups=firearm, seed=0)
    assert time.perf_counter() - start < 2  # 0.1 s on an idle core
    assert found["f1"].draws.shape == (1000, 21)


def test_an_interval_in_another_unit() -> None:
    right = metrics.bootstrap_mean([1, 1, 0, 1], groups=["a", "a", "b", "c"], seed=0)
    for percent in (100 * right, right * 100.0, np.float64(100) * right):
        assert (percent.value, percent.low, percent.high) == (75, 100 * right.low, 100 * right.high)
        assert percent.groups == right.groups
        np.testing.assert_array_equal(percent.draws, 100 * right.draws)


def test_an_undefined_number_has_no_interval_to_print() -> None:
    scores = metrics.bootstrap_scores([0, 0, 1], [0, 0, 0], classes="ab", groups=[1, 2, 3], seed=0)
    assert f"{scores['precision'][1]:.2f}" == "nan"
    assert "to" in f"{scores['recall'][0]:.2f}"


def test_sums_are_bootstrapped_as_anything_else_is() -> None:
    values, groups = np.random.default_rng(0).random((40, 2)), np.arange(40) % 7
    how = {"groups": groups, "seed": 5, "resamples": 200}
    fast = metrics.bootstrap_sums(lambda sums: sums[:, 0] / sums[:, 1], values, **how)
    slow = metrics.bootstrap_interval(lambda x: x[:, 0].sum() / x[:, 1].sum(), values, **how)
    assert (fast.value, fast.low, fast.high) == pytest.approx((slow.value, slow.low, slow.high))
    with pytest.raises(DataError, match="all samples are of one group"):
        metrics.bootstrap_sums(lambda sums: sums, values, groups=np.zeros(40), seed=0)


def test_one_interval_out_of_many() -> None:
    values = np.random.default_rng(0).normal(size=(30, 3))
    groups = np.arange(30) // 3
    many = metrics.bootstrap_mean(values, groups=groups, seed=1)
    for k in range(3):
        alone = metrics.bootstrap_mean(values[:, k], groups=groups, seed=1)
        assert (many[k].value, many[k].low, many[k].high) == pytest.approx(
            (alone.value, alone.low, alone.high)
        )
        np.testing.assert_allclose(many[k].draws, alone.draws)
        assert many[k].groups == 10
    assert len(list(many)) == 3
    np.testing.assert_array_equal(many[:2].high, many.high[:2])
    table = metrics.bootstrap_mean(values.reshape(30, 3, 1), groups=groups, seed=1)
    np.testing.assert_array_equal(table[2, 0].draws, many[2].draws)
