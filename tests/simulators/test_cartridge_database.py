import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import (
    DescriptorModel,
    brand_catalogue,
    brand_probabilities,
    case_descriptors,
    sample_cartridges,
    sample_case_search,
)


def mean_cosine(table: pd.DataFrame, keys: list[str], model: DescriptorModel, **differ: str) -> float:
    """Average over pairs of cases that share `keys` and differ in another column."""
    vectors = case_descriptors(table, model=model)
    cosines = []
    for rows in table.groupby(keys).indices.values():
        a, b = np.triu_indices(len(rows), 1)
        apart = table[differ["differ"]].to_numpy()
        kept = apart[rows[a]] != apart[rows[b]]
        cosines.append((vectors[rows[a[kept]]] * vectors[rows[b[kept]]]).sum(1))
    return float(np.concatenate(cosines).mean())


def test_cases_are_as_alike_as_what_they_have_in_common() -> None:
    model = DescriptorModel(dimensions=256, quality_spread=0.0)
    table = sample_cartridges(3000, seed=1, brands=6, shots_per_firearm=3)
    parts = np.square([model.brand, model.sub_model, model.firearm, model.ammunition, model.shot])
    shares = parts / parts.sum()
    same = mean_cosine(table, ["firearm", "ammunition"], model, differ="seed")
    assert same == pytest.approx(1 - shares[4], abs=0.03)
    other_ammunition = mean_cosine(table, ["firearm"], model, differ="ammunition")
    assert other_ammunition == pytest.approx(1 - shares[4] - shares[3], abs=0.03)
    kin = mean_cosine(
        table[:600].reset_index(drop=True), ["true_brand", "sub_model"], model, differ="firearm"
    )
    # One in twelve pairs or more shares its ammunition by chance.
    assert kin == pytest.approx(shares[0] + shares[1] + shares[3] / 12, abs=0.03)


def test_look_alikes_are_closer_than_other_brands() -> None:
    table = sample_cartridges(4000, seed=0, brands=["F08", "F02", "F11"], balanced=True)
    vectors = case_descriptors(table, model=DescriptorModel(brand=1, sub_model=0, firearm=0.2, shot=0.2))
    means = pd.DataFrame(vectors).groupby(table["true_brand"]).mean().to_numpy()
    cosines = np.corrcoef(means)
    assert cosines[0, 1] > 0.85 > 0.5 > max(cosines[0, 2], cosines[1, 2])  # order: F02, F08, F11


def test_a_case_has_one_descriptor_whatever_the_table_and_its_order() -> None:
    table = sample_case_search(20_000, queries=5, seed=3).database  # more than one chunk
    whole = case_descriptors(table)
    rows = np.random.default_rng(0).permutation(len(table))[:50]
    np.testing.assert_array_equal(case_descriptors(table.iloc[rows]), whole[rows])
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, rtol=1e-5)
    assert whole.dtype == np.float32


def test_queries_are_other_shots_of_firearms_in_the_database() -> None:
    search = sample_case_search(5000, queries=427, seed=0, shots_per_firearm=3)
    assert (len(search.database), len(search.queries)) == (5000, 427)
    assert search.queries["firearm"].is_unique
    assert search.queries["firearm"].isin(search.database["firearm"]).all()
    assert not search.queries["seed"].isin(search.database["seed"]).any()
    calibers = search.queries.merge(search.database, on="firearm", suffixes=("", "_in"))
    assert (calibers["caliber"] == calibers["caliber_in"]).all()


@pytest.mark.parametrize("accuracy", [0.7, 0.86, 0.95])
def test_brands_are_predicted_as_well_as_asked_and_sure_ones_may_be_wrong(accuracy: float) -> None:
    table = sample_cartridges(20_000, seed=5)
    probabilities = brand_probabilities(table, accuracy=accuracy)
    names = brand_catalogue()["brand"].to_numpy()
    right = names[probabilities.argmax(1)] == table["true_brand"].to_numpy()
    assert right.mean() == pytest.approx(accuracy, abs=0.015)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-4)
    sure = probabilities.max(1) > 0.99
    assert 0.001 < 1 - right[sure].mean() < 0.07 < 1 - right[~sure].mean()


def test_without_hidden_quality_the_confidence_is_calibrated() -> None:
    table = sample_cartridges(40_000, seed=6)
    model = DescriptorModel(quality_spread=0.0)
    probabilities = brand_probabilities(table, model=model)
    names = brand_catalogue()["brand"].to_numpy()
    right = names[probabilities.argmax(1)] == table["true_brand"].to_numpy()
    for low, high in [(0.5, 0.7), (0.7, 0.9), (0.9, 0.99), (0.99, 1.01)]:
        kept = (probabilities.max(1) >= low) & (probabilities.max(1) < high)
        assert right[kept].mean() == pytest.approx(probabilities.max(1)[kept].mean(), abs=0.02)


def test_bad_input_is_named() -> None:
    table = sample_cartridges(10, seed=0)
    with pytest.raises(ParameterError, match="0 cases"):
        sample_case_search(0, seed=0)
    with pytest.raises(ParameterError, match="queries need as many"):
        sample_case_search(100, queries=90, seed=0)
    with pytest.raises(ParameterError, match="no model of descriptors"):
        DescriptorModel(dimensions=1)
    with pytest.raises(ParameterError, match="no model of descriptors"):
        DescriptorModel(shot=-1)
    with pytest.raises(ParameterError, match="accuracy is 86"):
        brand_probabilities(table, accuracy=86)
    with pytest.raises(DataError, match="no column ammunition"):
        case_descriptors(table.drop(columns="ammunition"))
    with pytest.raises(DataError, match="unknown brand"):
        brand_probabilities(table.assign(true_brand="X"))
