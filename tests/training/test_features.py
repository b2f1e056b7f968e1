from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet
from fireanalysis.models import backbone
from fireanalysis.training import extract_features, features
from fireanalysis.transforms import surface_moments


def read(rows: pd.DataFrame) -> np.ndarray:
    """Give a map for each row that depends on its number alone, some points missing."""
    maps = np.stack([np.random.default_rng(k).normal(3, 2, (40, 40)) for k in rows["row"]]).astype(np.float32)
    maps[:, :5, :5] = np.nan
    return maps


@pytest.fixture
def maps() -> DataSet:
    table = pd.DataFrame({"brand": list("BABAABB"), "firearm": list("abcdefg"), "row": range(7)})
    return DataSet(table, read, "brand", "firearm", source="simulated", name="toy")


def network(seed: int = 0) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return backbone("resnet18", classes=2, pixels=40, weights="none", width=0.125)


def count_batches(monkeypatch) -> list[int]:
    """Note how many maps are read at a time."""
    seen = []

    class Counting(features.Batches):
        def __getitem__(self, items):
            seen.append(len(items))
            return super().__getitem__(items)

    monkeypatch.setattr(features, "Batches", Counting)
    return seen


def test_features_are_what_the_head_is_given_row_by_row(maps, tmp_path):
    model, moments = network(), surface_moments(maps.samples())
    found = extract_features(maps, model, moments=moments, store=tmp_path, batch_size=3)
    assert found.dtype == np.float32 and found.shape == (7, 64)
    model.eval()
    given = []
    model.fc.register_forward_pre_hook(lambda _, x: given.append(x[0]))
    for one in maps.samples():
        seen = np.nan_to_num((one - moments.mean) / moments.std)
        with torch.no_grad():
            model(torch.tensor(seen, dtype=torch.float32)[None, None])
    np.testing.assert_allclose(found, torch.cat(given).numpy(), rtol=1e-3, atol=1e-4)
    assert np.ptp(found, axis=0).max() > 0.01  # maps differ, and so do their features


def test_the_second_time_they_are_read_from_the_store(maps, tmp_path, monkeypatch):
    seen = count_batches(monkeypatch)
    made = {"moments": surface_moments(maps.samples()), "store": tmp_path}
    first = extract_features(maps, network(), batch_size=4, **made)
    assert seen == [4, 3]
    other = network()
    other.fc = torch.nn.Linear(64, 5)  # the head plays no part
    again = extract_features(maps, other, batch_size=2, **made)
    assert seen == [4, 3] and np.array_equal(first, again)


def test_whatever_decides_the_features_is_in_the_key(maps, tmp_path, monkeypatch):
    seen = count_batches(monkeypatch)
    moments = surface_moments(maps.samples())
    extract_features(maps, network(), moments=moments, store=tmp_path)
    for others in (
        (maps, network(seed=1), moments),
        (maps, network(), moments._replace(mean=0.0)),
        (maps.subset([0, 1, 2]), network(), moments),
        (replace(maps, table=maps.table.assign(row=range(1, 8))), network(), moments),
    ):
        before = len(seen)
        extract_features(others[0], others[1], moments=others[2], store=tmp_path)
        assert len(seen) == before + 1


def test_the_model_stays_as_it_was(maps, tmp_path):
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    extract_features(maps, model, moments=surface_moments(maps.samples()), store=tmp_path)
    assert model.training and all(
        torch.equal(value, before[name]) for name, value in model.state_dict().items()
    )


def test_a_damaged_store_and_a_missing_device_are_said(maps, tmp_path):
    made = {"moments": surface_moments(maps.samples()), "store": tmp_path}
    extract_features(maps, network(), **made)
    (kept,) = tmp_path.rglob("features.npy")
    kept.write_bytes(b"x")
    features.opened.cache_clear()
    with pytest.raises(DataError, match="cannot be read"):
        extract_features(maps, network(), **made)
    with pytest.raises(ParameterError, match="device is 'tpu'"):
        extract_features(maps, network(), device="tpu", **made)
