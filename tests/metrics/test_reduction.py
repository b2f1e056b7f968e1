import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import learn_reduction


def embeddings(rng: np.random.Generator, count: int) -> np.ndarray:
    mixing = np.random.default_rng(9).normal(size=(12, 12)) * np.linspace(3, 0.2, 12)[:, None]
    return rng.normal(size=(count, 12)) @ mixing + 1


@pytest.mark.parametrize("count", [9, 300])  # fewer than dimensions, and more
def test_reduction_is_scikit_learn_s_between_two_normalisations(count: int) -> None:
    rng = np.random.default_rng(0)
    learned, applied = embeddings(rng, count), embeddings(rng, 40)
    found = learn_reduction(learned, dimensions=5)
    pca = PCA(n_components=5, whiten=False).fit(normalize(learned))
    expected = normalize(pca.transform(normalize(applied)))
    # An axis may point either way.
    signs = np.sign(np.sum(found.axes * pca.components_, axis=1))
    assert found.apply(applied) == pytest.approx(expected * signs, abs=1e-5)
    assert found.apply(applied).dtype == np.float32 and found.note == ""


def test_with_all_axes_only_the_mean_is_lost() -> None:
    """Without whitening, cosines of all components are those of the centred embeddings."""
    rng = np.random.default_rng(1)
    learned = embeddings(rng, 200)
    found = learn_reduction(learned, dimensions=12)
    centred = normalize(normalize(learned) - normalize(learned).mean(axis=0))
    reduced = found.apply(learned)
    assert reduced @ reduced.T == pytest.approx(centred @ centred.T, abs=1e-5)


def test_fewer_embeddings_than_dimensions_give_fewer_and_say_so() -> None:
    rng = np.random.default_rng(2)
    found = learn_reduction(embeddings(rng, 7), dimensions=10)
    assert found.axes.shape == (6, 12) and found.note.startswith("10 dimensions asked for, 6 learned")
    assert np.linalg.norm(found.apply(embeddings(rng, 9)), axis=1) == pytest.approx(1)


def test_an_embedding_of_zeros_is_not_divided_by_zero() -> None:
    values = np.concatenate([np.eye(3), -np.eye(3), np.zeros((1, 3))])
    assert learn_reduction(values, dimensions=2).apply(values)[-1].tolist() == [0, 0]


def test_bad_input_is_named() -> None:
    values = embeddings(np.random.default_rng(3), 20)
    found = learn_reduction(values, dimensions=4)
    with pytest.raises(DataError, match="embeddings of 11 dimensions, learned on 12"):
        found.apply(values[:, :11])
    with pytest.raises(DataError, match="needed are finite numbers"):
        found.apply(values * np.nan)
    with pytest.raises(DataError, match="1 embedding has no principal axes"):
        learn_reduction(values[:1], dimensions=4)
    with pytest.raises(DataError, match=r"shape \(12,\)"):
        learn_reduction(values[0], dimensions=4)
    with pytest.raises(ParameterError, match="dimensions is 0"):
        learn_reduction(values, dimensions=0)
