"""Focal loss for many classes."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from fireanalysis.errors import ParameterError


class FocalLoss(nn.Module):
    """Cross-entropy that counts a sample the less, the surer the network already is of its class.

    Parameters
    ----------
    gamma : float
        0 gives cross-entropy; the paper tried 1, 2 and 3 and took 2.
    alpha : float (classes,), optional
        Weight of each class (`inverse_frequency`); all 1 if left out.

    Raises
    ------
    ParameterError
        If `gamma` is negative.

    Notes
    -----
    Source: Lin et al. 2017, FL(p) = −α (1 − p)^γ log p with p the softmax probability of the true class; mean
    over the batch. (torchvision's ``sigmoid_focal_loss`` is for yes-or-no labels.)

    Examples
    --------
    >>> loss = FocalLoss(gamma=2.0)
    >>> round(float(loss(torch.zeros(1, 2), torch.tensor([0]))), 4)  # 0.5² · ln 2
    0.1733
    """

    alpha: torch.Tensor | None

    def __init__(self, *, gamma: float, alpha: ArrayLike | None = None) -> None:
        super().__init__()
        if not gamma >= 0:
            raise ParameterError(
                f"gamma is {gamma}; it must be 0 or more", where="FocalLoss", do="pass gamma=2.0"
            )
        self.gamma = gamma
        self.register_buffer("alpha", None if alpha is None else torch.as_tensor(alpha, dtype=torch.float32))

    def forward(self, logits: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Compute the mean loss of logits (n, classes) for true classes (n,)."""
        log_p = logits.float().log_softmax(1).gather(1, codes[:, None])[:, 0]
        # 1 - p without cancellation; above 0, where a power below 1 has no slope.
        unsure = (-torch.expm1(log_p)).clamp(min=1e-12)
        loss = -(unsure**self.gamma) * log_p
        return (loss if self.alpha is None else self.alpha[codes] * loss).mean()


def inverse_frequency(counts: ArrayLike) -> torch.Tensor:
    """Weigh classes by the inverse of how often they occur, so that the mean weight of a sample is 1.

    Parameters
    ----------
    counts : int (classes,)
        Samples of each class; a class without any gets weight 0.

    Returns
    -------
    torch float32 (classes,)

    Notes
    -----
    Source: section 4.2.2; the scale is ours, and leaves the learning rate's meaning as it was.

    Examples
    --------
    >>> inverse_frequency([1, 3])
    tensor([2.0000, 0.6667])
    """
    n = np.asarray(counts, float)
    weights = np.divide(n.sum() / max((n > 0).sum(), 1), n, out=np.zeros_like(n), where=n > 0)
    return torch.tensor(weights, dtype=torch.float32)
