"""Losses that learn a distance: the paper's two contrastive ones, and today's, from pytorch-metric-learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import (
    ContrastiveLoss,
    MultiSimilarityLoss,
    ProxyAnchorLoss,
    TripletMarginLoss,
)
from pytorch_metric_learning.miners import BatchHardMiner, MultiSimilarityMiner
from pytorch_metric_learning.reducers import MeanReducer, SumReducer
from torch import Tensor, nn
from torch.nn.functional import relu

if TYPE_CHECKING:
    from .embedding_recipe import EmbeddingRecipe

TRIPLET_MARGIN = 0.1


class ExactDistance(LpDistance):
    """Euclidean distance of each pair by its definition.

    By a product of matrices, as torch prefers for many pictures, float32 gives near-identical ones a distance of up
    to 1e-3, and its slope is noise.
    """

    def compute_mat(self, query_emb: Tensor, ref_emb: Tensor) -> Tensor:
        """Give the distances (n, m) of descriptors (n, d) and (m, d)."""
        return torch.cdist(query_emb, ref_emb, compute_mode="donot_use_mm_for_euclid_dist")


class DoubleMarginLoss(ContrastiveLoss):
    """Half the squared hinge of each pair's distance, with a margin for either kind; mean over all pairs.

    Parameters
    ----------
    positive_margin : float
        α₁: pairs of one class pull no more below it; 0 is the single margin loss (Eq. 1).
    negative_margin : float
        α₂: pairs of two classes push no more beyond it.

    Notes
    -----
    Source: §IV-B, Eqs. 1 and 2. The library's loss is a hinge without square and half, averaged over the pairs that
    are not yet at rest; here all pairs count, so that pairs at rest weaken the step.

    Examples
    --------
    >>> two = torch.tensor([[1.0, 0.0], [0.0, 1.0]])  # √2 apart
    >>> loss = DoubleMarginLoss(positive_margin=0.8, negative_margin=1.2)
    >>> pair, none = torch.tensor([[0], [1]]), torch.zeros(2, 0, dtype=torch.long)
    >>> round(float(loss(two, None, (*pair, *none))), 4)  # ½ (1.4142 - 0.8)²
    0.1886
    """

    def __init__(self, *, positive_margin: float, negative_margin: float) -> None:
        super().__init__(pos_margin=positive_margin, neg_margin=negative_margin, distance=ExactDistance())

    def pos_calc(self, pos_pair_dist: Tensor, margin: float) -> Tensor:
        """Loss of pairs of one class."""
        return relu(pos_pair_dist - margin).square() / 2

    def neg_calc(self, neg_pair_dist: Tensor, margin: float) -> Tensor:
        """Loss of pairs of two classes."""
        return relu(margin - neg_pair_dist).square() / 2

    def get_default_reducer(self) -> Any:
        """Sum; `_compute_loss` has divided by the number of pairs."""
        return SumReducer()

    def compute_loss(
        self, embeddings: Any, labels: Any, indices_tuple: Any, ref_emb: Any, ref_labels: Any
    ) -> Any:
        """Take the pairs as they are told: the library passes over a single pair."""
        return self.pair_based_loss(self.distance(embeddings, ref_emb), indices_tuple)

    def _compute_loss(self, pos_pair_dist: Any, neg_pair_dist: Any, indices_tuple: Any) -> Any:
        losses = super()._compute_loss(pos_pair_dist, neg_pair_dist, indices_tuple)
        pairs = len(pos_pair_dist) + len(neg_pair_dist)
        for kind in losses.values():
            kind["losses"] = kind["losses"] / pairs
        return losses


class MetricLoss(nn.Module):
    """A loss over the descriptors of a batch, with the pairs or the rule that chooses what it sees.

    Parameters
    ----------
    recipe : EmbeddingRecipe
    classes, dimensions : int
        Of the training part, and of a descriptor.

    Notes
    -----
    "triplet" is Gordo et al. 2016: half the hinge of 0.1 plus the difference of squared distances, mean over all
    triplets of a batch. The others keep their authors' settings as the library has them.
    """

    def __init__(self, recipe: EmbeddingRecipe, *, classes: int, dimensions: int) -> None:
        super().__init__()
        self.miner: Any = None
        if recipe.in_pairs:
            assert recipe.positive_margin is not None and recipe.negative_margin is not None
            inner = 0.0 if recipe.loss == "single" else recipe.positive_margin
            self.loss: Any = DoubleMarginLoss(positive_margin=inner, negative_margin=recipe.negative_margin)
        elif recipe.loss == "triplet":
            self.loss = TripletMarginLoss(
                margin=TRIPLET_MARGIN, distance=LpDistance(power=2), reducer=MeanReducer()
            )
        elif recipe.loss == "triplet_hard":
            self.miner, self.loss = BatchHardMiner(), TripletMarginLoss(margin=TRIPLET_MARGIN)
        elif recipe.loss == "multi_similarity":
            self.miner, self.loss = MultiSimilarityMiner(), MultiSimilarityLoss()
        else:
            self.loss = ProxyAnchorLoss(classes, dimensions)

    def forward(self, descriptors: Tensor, codes: Tensor, pairs: Tensor | None) -> Tensor:
        """Give the loss of descriptors (n, d) of classes `codes` (n,); pairs (p, 3) are two rows, and 1 if alike."""
        if pairs is None:
            chosen = None if self.miner is None else self.miner(descriptors, codes)
            return self.loss(descriptors, codes, chosen)
        one, other, alike = pairs.T
        same = alike == 1
        return self.loss(descriptors, None, (one[same], other[same], one[~same], other[~same]))
