"""LRs of a case against direct fits, folds against a loop, made-up cases against counted rates."""

import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import (
    case_likelihood_ratio,
    class_to_source,
    cross_validated_lr,
    draw_cases,
    draw_sources,
    fit_likelihood_ratio,
    misleading_evidence,
)

EVIDENCE = pd.DataFrame.from_dict(
    {
        "marks": ("source", ()),
        "brand": ("class", ("sound",)),
        "sound": ("class", ()),
        "clip": ("activity", ()),
    },
    orient="index",
    columns=["level", "shares_information_with"],
)


def pairs(firearms: int = 8, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    first, second = np.divmod(np.arange(firearms**2), firearms)
    keep = second >= first
    first, second = first[keep], second[keep]
    scores = rng.normal(size=first.size) + 2 * (first == second)
    columns = {"score": scores, "same": first == second}
    return pd.DataFrame(columns | {"source": first.astype(str), "source_2": second.astype(str)})


def test_the_lr_of_a_case_is_that_of_the_whole_reference() -> None:
    table = pairs()
    found = case_likelihood_ratio(1.5, table, seed=0, resamples=40)
    direct = fit_likelihood_ratio(table["score"].to_numpy(), table["same"].to_numpy())
    assert found.value == pytest.approx(direct.log10([1.5])[0])
    assert found.low <= found.value <= found.high and found.groups == 8
    assert found.low < found.high


def test_a_case_needs_reference_scores_of_both_kinds() -> None:
    with pytest.raises(DataError, match="empty"):
        case_likelihood_ratio(1.0, pairs().iloc[:0], seed=0)
    with pytest.raises(DataError, match="of one source"):
        case_likelihood_ratio(1.0, pairs().query("same"), seed=0)
    with pytest.raises(DataError, match="NaN or infinite"):
        case_likelihood_ratio(np.inf, pairs(), seed=0)


def test_equal_scores_say_nothing() -> None:
    found = case_likelihood_ratio(0.5, pairs().assign(score=0.5), seed=0, resamples=5)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_sources_are_drawn_as_a_whole() -> None:
    table = pairs()
    drawn = draw_sources(table, np.random.default_rng(3))
    times = drawn.index.value_counts().reindex(table.index, fill_value=0)
    own = times[table["same"].to_numpy()].set_axis(table.loc[table["same"], "source"])
    assert own.sum() == 8  # as many sources as there were
    for row in table.itertuples():
        expected = own[row.source] if row.same else own[row.source] * own[row.source_2]
        assert times[row.Index] == expected


def test_no_score_is_judged_by_a_system_that_knows_its_sources() -> None:
    table = pairs()
    plain = cross_validated_lr(table, folds=8, seed=0)  # one source a fold: leaving one or two out
    for row in plain.sample(10, random_state=0).itertuples():
        own = (row.source, row.source_2)
        others = table[~table["source"].isin(own) & ~table["source_2"].isin(own)]
        system = fit_likelihood_ratio(others["score"].to_numpy(), others["same"].to_numpy())
        assert row.log10_lr == pytest.approx(system.log10([row.score])[0])


def test_folds_need_two_parts_and_sources_enough() -> None:
    with pytest.raises(ParameterError, match="folds is 1"):
        cross_validated_lr(pairs(), folds=1, seed=0)
    with pytest.raises(DataError, match="of one source"):
        cross_validated_lr(pairs(3), seed=0)


def references() -> dict[str, pd.DataFrame]:
    base = pairs(30)
    sure = base.assign(log10_lr=np.where(base["same"], 1.0, -1.0))
    return {"marks": base.assign(log10_lr=base["score"] - 1), "brand": sure, "sound": sure, "clip": sure}


def test_made_up_cases_share_their_class() -> None:
    made = draw_cases(references(), EVIDENCE, share=0.3, cases=4000, rng=np.random.default_rng(0))
    assert "clip" not in made
    assert made["seized"].mean() == 0.5
    assert made.loc[made["seized"], "of the class"].all()
    others = made[~made["seized"]]
    assert others["of the class"].mean() == pytest.approx(0.3, abs=0.04)
    for name in ("brand", "sound"):
        assert (made[name] == np.where(made["of the class"], 1.0, -1.0)).all()


def test_misleading_rates_are_those_that_can_be_counted() -> None:
    class_only = EVIDENCE.drop("marks")
    seized, other = misleading_evidence(references(), class_only, share=0.3, cases=4000, seed=0, resamples=10)
    assert seized.value == 0  # the class is always told right, so it never misleads on the seized firearm,
    assert other.value == pytest.approx(
        0.3, abs=0.04
    )  # and does on others exactly where they are of the class
    assert float(class_to_source(1.0, share=0.3)) < np.log10(4)
    how = {"share": 0.3, "from_lr": 4, "cases": 4000, "seed": 0, "resamples": 2}
    assert misleading_evidence(references(), class_only, **how)[1].value == 0
    far = misleading_evidence(references(), class_only, assumed_share=0.0, **how)[1]
    assert far.value == pytest.approx(0.3, abs=0.04)  # LR 10 for the firearm, wherever the class is right


def test_one_information_twice_misleads_more_strongly() -> None:
    how = {"share": 0.3, "from_lr": 3.0, "cases": 4000, "seed": 1, "resamples": 5}
    once, twice = (
        misleading_evidence(references(), EVIDENCE, rule=rule, **how)[1] for rule in ("weakest", "product")
    )
    assert twice.value >= once.value
    assert once.low <= once.high
