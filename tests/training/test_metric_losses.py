import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from fireanalysis.training import DoubleMarginLoss, EmbeddingRecipe
from fireanalysis.training.metric_losses import TRIPLET_MARGIN, ExactDistance, MetricLoss


def descriptors(count=12, *, seed=0):
    torch.manual_seed(seed)
    return normalize(torch.randn(count, 5)).requires_grad_()


def paper(one, other, same, *, inner, outer):
    """Eqs. 1 (inner = 0) and 2 for one pair, by the paper's words."""
    d = float(np.linalg.norm(one - other))
    return 0.5 * (max(d - inner, 0) ** 2 if same else max(outer - d, 0) ** 2)


@pytest.mark.parametrize(("inner", "outer"), [(0.0, 1.2), (0.8, 1.2), (0.3, 0.7)])
def test_loss_is_the_papers_pair_by_pair(inner, outer):
    found = descriptors()
    rng = np.random.default_rng(1)
    pairs = np.column_stack([rng.integers(0, 6, 40), rng.integers(6, 12, 40), rng.integers(0, 2, 40)])
    values = found.detach().numpy()
    each = [paper(values[a], values[b], same, inner=inner, outer=outer) for a, b, same in pairs]
    loss = DoubleMarginLoss(positive_margin=inner, negative_margin=outer)
    for (a, b, same), wanted in zip(pairs, each, strict=True):
        alone = ([a], [b]), ([], [])
        chosen = [
            torch.tensor(part, dtype=torch.long) for side in (alone if same else alone[::-1]) for part in side
        ]
        assert float(loss(found, None, tuple(chosen)).detach()) == pytest.approx(wanted, abs=1e-6)
    recipe = EmbeddingRecipe(
        loss="double" if inner else "single", positive_margin=inner, negative_margin=outer
    )
    whole = MetricLoss(recipe, classes=3, dimensions=5)
    assert float(whole(found, None, torch.from_numpy(pairs)).detach()) == pytest.approx(
        np.mean(each), rel=1e-5
    )


def test_slope_is_the_hinge_times_the_direction():
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.6, 0.8]])
    both = torch.cat([one, other]).requires_grad_()
    recipe = EmbeddingRecipe(loss="double", positive_margin=0.2, negative_margin=1.2)
    loss = MetricLoss(recipe, classes=2, dimensions=2)
    loss.loss.distance.normalize_embeddings = False  # else the slope along the descriptor is taken out
    loss(both, None, torch.tensor([[0, 1, 1]])).backward()
    apart = (one - other)[0]
    d = float(apart.norm())
    assert torch.allclose(both.grad[0], (d - 0.2) * apart / d, atol=1e-6)


def test_distances_of_near_identical_descriptors_are_exact():
    base = normalize(torch.randn(40, 512, generator=torch.Generator().manual_seed(0)).double())
    near = normalize(base + 1e-5 * torch.randn(40, 512, generator=torch.Generator().manual_seed(1)))
    exact = (base - near).norm(dim=1)
    ours = ExactDistance(normalize_embeddings=False).compute_mat(base.float(), near.float()).diagonal()
    fast = torch.cdist(base.float(), near.float(), compute_mode="use_mm_for_euclid_dist").diagonal()
    worst = [float(((found.double() - exact) / exact).abs().max()) for found in (ours, fast)]
    assert worst[0] < 1e-3 < 0.1 < worst[1]


def test_triplet_loss_is_gordos_mean_over_all_triplets():
    found, codes = descriptors(9), torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
    loss = MetricLoss(EmbeddingRecipe(loss="triplet"), classes=3, dimensions=5)(found, codes, None)
    d2 = torch.cdist(found, found).square().detach().numpy()
    each = [
        max(0, TRIPLET_MARGIN + d2[q, p] - d2[q, n])
        for q in range(9)
        for p in range(9)
        for n in range(9)
        if p != q and codes[p] == codes[q] != codes[n]
    ]
    assert float(loss.detach()) == pytest.approx(np.mean(each), rel=1e-4)


@pytest.mark.parametrize("name", ["triplet", "triplet_hard", "multi_similarity", "proxy_anchor"])
def test_losses_that_find_their_pairs_fall_when_classes_part(name):
    torch.manual_seed(0)
    rule = MetricLoss(EmbeddingRecipe(loss=name), classes=3, dimensions=5)
    codes = torch.arange(3).repeat_interleave(4)
    free = torch.randn(12, 5, requires_grad=True)
    optimiser = torch.optim.SGD([free, *rule.parameters()], lr=0.5)
    values = []
    for _ in range(60):
        optimiser.zero_grad()
        value = rule(normalize(free), codes, None)
        value.backward()
        optimiser.step()
        values.append(float(value.detach()))
    assert values[-1] < 0.5 * values[0]
