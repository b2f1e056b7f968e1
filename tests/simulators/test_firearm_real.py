"""Simulated cut-outs beside real ones (Caltech 101, CC BY 4.0); what a network of photographs calls them."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

Simulated = dict[str, list[NDArray[np.uint8]]]


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    """The script that measured what the data card says."""
    path = Path(__file__).parents[2] / "docs" / "results" / "firearm_pictures.py"
    spec = spec_from_file_location("firearm_pictures", path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def network(measure: ModuleType) -> torch.nn.Module:
    return measure.network()


@pytest.fixture(scope="module")
def simulated(measure: ModuleType) -> Simulated:
    """Thirty revolvers and twelve firearms of each other type, each of another model."""
    counts = {"pistol": 12, "revolver": 30, "rifle": 12, "shotgun": 12, "submachine gun": 12}
    return {kind: measure.simulated_cutouts(kind, count=count, seed=9) for kind, count in counts.items()}


# The least of the runs in docs/results/firearm_pictures.json, less what twelve may miss by chance.
@pytest.mark.parametrize(
    ("kind", "least"),
    [("revolver", 0.9), ("pistol", 0.8), ("rifle", 0.8), ("shotgun", 0.5), ("submachine gun", 0.85)],
)
def test_a_network_of_photographs_calls_them_firearms(
    kind: str, least: float, measure: ModuleType, network: torch.nn.Module, simulated: Simulated
) -> None:
    shares = measure.shares(network, simulated[kind])
    assert sum(shares.values()) >= least, shares
    if kind == "revolver":
        assert shares["revolver"] >= 0.85, shares
    elif kind != "pistol":
        assert shares["revolver"] <= 0.1, shares


def test_real_revolvers_are_called_so(
    real_pictures: Path, measure: ModuleType, network: torch.nn.Module
) -> None:
    shares = measure.shares(network, measure.real_cutouts(real_pictures))
    assert shares["revolver"] >= 0.95 and sum(shares.values()) == pytest.approx(1, abs=0.002)


def test_simulated_revolvers_measure_like_real_ones(
    real_pictures: Path, measure: ModuleType, simulated: Simulated
) -> None:
    """Kolmogorov and Smirnov's distance is up to 0.4 between two halves of the real ones, and 1 between strangers."""
    figures = measure.compared(measure.real_cutouts(real_pictures), simulated["revolver"])
    assert figures["apart"].max() < 0.6 and figures["apart"].median() < 0.35, figures["apart"]
    # No figure's middle is beyond what nine in ten real pictures have.
    assert figures["simulated, 50%"].between(figures["real, 5%"], figures["real, 95%"]).all(), figures
