"""The classifiers of the four papers, at sizes that take seconds."""

from pathlib import Path

import numpy as np
import pytest

from fireanalysis.errors import ParameterError
from fireanalysis.running import profile_sizes
from fireanalysis.training import paper_predictions


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


CHAIN = {"cartridge": "16_cartridge_classes", "retrieval": "42_retrieval_classify"}
SMALL = {"train_cases": 64, "input_pixels": 32, "epochs": 1, "pictures": 72, "longer": 48, "smallest": 32}


@pytest.mark.parametrize("paper", CHAIN)
def test_answers_are_about_new_groups_and_some_unknown_classes(paper: str, store: Path) -> None:
    sizes = {paper: profile_sizes(CHAIN[paper], "smoke") | SMALL}
    found = paper_predictions(sizes, seed=0, store=store, unknown=8)[paper]
    assert found.source == "simulated"
    known = found.truth >= 0
    assert 1 <= (~known).sum() <= 8 + 18
    assert (found.parts[~known] == "test").all()
    assert set(found.table["truth"][~known]).isdisjoint(found.classes)
    assert {*found.of("calibration").groups}.isdisjoint(found.of("test").groups)
    np.testing.assert_allclose(found.probabilities.sum(1), 1)
    assert paper_predictions(sizes, seed=0, store=store)[paper].truth.min() >= 0


def test_unknown_papers_and_counts_are_refused(store: Path) -> None:
    with pytest.raises(ParameterError, match="no classifier of ballistics"):
        paper_predictions({"ballistics": {}}, seed=0, store=store)
    with pytest.raises(ParameterError, match="unknown is -1"):
        paper_predictions({}, seed=0, store=store, unknown=-1)
