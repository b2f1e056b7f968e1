"""Where a vision transformer looks: attention roll-out."""

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import whole

from .inputs import checked, resting


def attention_rollout(
    model: nn.Module, inputs: ArrayLike | Tensor, *, batch_size: int = 64
) -> NDArray[np.float32]:
    """Follow the attention of a vision transformer from its class token back to the patches.

    It shows where information comes from, for all classes alike; what speaks for one class is shown by
    `occlusion`.

    Parameters
    ----------
    model : torch.nn.Module
        A transformer of `torch.nn.MultiheadAttention` blocks with a class token in front of its patches, as
        torchvision's VisionTransformer.
    inputs : float (n, channels, rows, columns)
        What the network sees, without missing values; brought to the model's device.
    batch_size : int
        So many pictures at a time.

    Returns
    -------
    ndarray, float32 (n, rows, columns)
        Shares that sum to 1 over the patches, one value a patch brought to the inputs' size without blurring.

    Raises
    ------
    DataError
        For inputs of another shape, or with missing values.
    ParameterError
        For a model without attention, or whose patches do not fill the picture in equal squares.

    Notes
    -----
    Source: Abnar & Zuidema 2020 (arXiv:2005.00928): in each block the heads' mean attention and the identity
    (the way past the block) count half each; the product over the blocks is the roll-out. The paper leaves its
    ViT unexplained (§5.2).

    Examples
    --------
    >>> from torchvision.models import VisionTransformer
    >>> vit = VisionTransformer(image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=8)
    >>> maps = attention_rollout(vit, np.zeros((1, 3, 32, 32), np.float32))
    >>> maps.shape, round(float(maps[0, ::8, ::8].sum()), 4)
    ((1, 32, 32), 1.0)
    """
    pictures, _ = checked(model, inputs, None, where="attention_rollout")
    size = whole(batch_size, name="batch_size", where="attention_rollout", least=1, most=2**31)
    blocks = [module for module in model.modules() if isinstance(module, nn.MultiheadAttention)]
    if not blocks:
        raise ParameterError(
            f"{type(model).__name__} has no attention to follow",
            where="attention_rollout",
            do="use grad_cam or occlusion",
        )
    with resting(model), torch.no_grad():
        parts = [_rolled_out(model, blocks, part).float().cpu() for part in pictures.split(size)]
    return torch.cat(parts).numpy()


def _rolled_out(model: nn.Module, blocks: list[nn.MultiheadAttention], pictures: Tensor) -> Tensor:
    flow: Tensor | None = None
    for attention in _attentions(model, blocks, pictures):
        through = (attention + torch.eye(attention.shape[-1], device=attention.device)) / 2
        flow = through if flow is None else through @ flow
    assert flow is not None
    to_patches = flow[:, 0, 1:]
    rows, columns = pictures.shape[2:]
    count = to_patches.shape[1]
    down = max(1, round((count * rows / columns) ** 0.5))
    if count % down or down * columns != count // down * rows:
        raise ParameterError(
            f"{count} patches do not fill {rows} × {columns} pixels in equal squares",
            where="attention_rollout",
            do="use occlusion",
        )
    shares = (to_patches / to_patches.sum(dim=1, keepdim=True)).reshape(-1, 1, down, count // down)
    return F.interpolate(shares, size=(rows, columns), mode="nearest-exact")[:, 0]


def _attentions(model: nn.Module, blocks: list[nn.MultiheadAttention], pictures: Tensor) -> list[Tensor]:
    """Collect the attention of each block, mean over heads, in the order of the forward pass."""
    found: list[Tensor] = []

    def ask(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        # torchvision's blocks do not ask for the weights.
        return args, kwargs | {"need_weights": True, "average_attn_weights": True}

    def keep(_: nn.Module, __: object, output: tuple[Tensor, Tensor]) -> None:
        found.append(output[1])

    hooks = [block.register_forward_pre_hook(ask, with_kwargs=True) for block in blocks]
    hooks += [block.register_forward_hook(keep) for block in blocks]
    try:
        model(pictures)
    finally:
        for hook in hooks:
            hook.remove()
    return found
