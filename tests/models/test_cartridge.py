import numpy as np
import pytest

from fireanalysis.models import random_forest, support_vector_machine


def blobs(count: int, *, classes: int, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Points around the corners of a cube, the first feature a thousand times larger than the others."""
    rng = np.random.default_rng(3)
    labels = np.arange(count) % classes
    corners = np.array([[c >> bit & 1 for bit in range(3)] for c in range(classes)])
    points = gap * corners[labels] + rng.normal(size=(count, 3))
    return points * [1000, 1, 1], np.array(["A", "B", "C", "D", "E", "F", "G", "H"])[labels]


@pytest.mark.parametrize("build", [support_vector_machine, random_forest])
def test_learns_what_can_be_learned_whatever_the_features_scales(build):
    points, labels = blobs(800, classes=8, gap=4.0)
    fitted = build(seed=0).fit(points[:400], labels[:400])
    # A corner's points lie within 2 of it in each direction with probability 0.977³ = 0.93.
    assert (fitted.predict(points[400:]) == labels[400:]).mean() == pytest.approx(0.93, abs=0.04)


@pytest.mark.parametrize("build", [support_vector_machine, random_forest])
def test_same_seed_same_answers_and_nothing_learned_from_noise(build):
    points, labels = blobs(600, classes=4, gap=0.0)
    answers = [build(seed=5).fit(points[:300], labels[:300]).predict(points[300:]) for _ in range(2)]
    assert np.array_equal(*answers)
    assert (answers[0] == labels[300:]).mean() == pytest.approx(0.25, abs=0.08)


def test_the_margin_is_wide_where_one_class_encloses_the_other():
    """A Gaussian kernel bends round a ring, which no plane can."""
    rng = np.random.default_rng(0)
    angle, ring = rng.uniform(0, 2 * np.pi, 400), np.arange(400) % 2
    points = (1 + 2 * ring)[:, None] * np.c_[np.cos(angle), np.sin(angle)] + rng.normal(0, 0.2, (400, 2))
    fitted = support_vector_machine(seed=0).fit(points[:200], ring[:200])
    assert fitted.score(points[200:], ring[200:]) > 0.97
