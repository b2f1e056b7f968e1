"""Maps from gradients: Grad-CAM and guided Grad-CAM (captum). They need a network of convolutions."""

import warnings
from collections.abc import Callable

import numpy as np
import torch
from captum.attr import GuidedBackprop, LayerAttribution, LayerGradCam
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.arrays import whole

from .inputs import checked, resting


def grad_cam(
    model: nn.Module,
    inputs: ArrayLike | Tensor,
    targets: ArrayLike | Tensor | int,
    *,
    layer: nn.Module | str | None = None,
    batch_size: int = 64,
) -> NDArray[np.float32]:
    """Show which regions speak for a class: Grad-CAM, as coarse as the last convolutions are.

    Parameters
    ----------
    model : torch.nn.Module
        Takes (n, channels, rows, columns), gives one score (logit) a class. Explained in evaluation mode.
    inputs : float (n, channels, rows, columns)
        What the network sees, without missing values; brought to the model's device.
    targets : int or int (n,)
        Class to explain, one for all or one a picture.
    layer : torch.nn.Module or str, optional
        Block whose output is weighted, itself or its name ("layer3"); by default the last one with
        convolutions that still has rows and columns.
    batch_size : int
        So many pictures at a time.

    Returns
    -------
    ndarray, float32 (n, rows, columns)
        At least 0; brought to the inputs' size by bilinear interpolation.

    Raises
    ------
    DataError
        For inputs of another shape, or with missing values.
    ParameterError
        For a class or layer the model does not have, or a model without convolutions or with attention:
        its features do not keep the picture's places.

    Notes
    -----
    Source: §5.2, Fig. 12; Selvaraju et al. 2017 (doi:10.1109/ICCV.2017.74). Computed by captum.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    >>> grad_cam(net, np.ones((3, 1, 8, 8), np.float32), 1).shape
    (3, 8, 8)
    """
    pictures, classes = checked(model, inputs, targets, where="grad_cam")
    block = _block(model, pictures[:1], layer, where="grad_cam")
    method = LayerGradCam(model, block)

    def explain(part: Tensor, wanted: Tensor) -> Tensor:
        coarse = method.attribute(part, target=wanted, relu_attributions=True)
        return LayerAttribution.interpolate(coarse, tuple(part.shape[2:]), interpolate_mode="bilinear")

    return _maps(explain, model, pictures, classes, batch_size, where="grad_cam")


def guided_grad_cam(
    model: nn.Module,
    inputs: ArrayLike | Tensor,
    targets: ArrayLike | Tensor | int,
    *,
    layer: nn.Module | str | None = None,
    batch_size: int = 64,
) -> NDArray[np.float32]:
    """Show which points speak for a class: guided backpropagation, weighted by Grad-CAM.

    Parameters
    ----------
    model, inputs, targets, layer, batch_size
        As for `grad_cam`.

    Returns
    -------
    ndarray, float32 (n, rows, columns)
        Signed: a point of negative value speaks for the class by being low. Summed over channels.

    Raises
    ------
    DataError, ParameterError
        As for `grad_cam`; also for a model without ReLU modules, which the guidance acts on.

    Notes
    -----
    Source: §5.2, Fig. 12; Selvaraju et al. 2017. Guided backpropagation (Springenberg et al. 2015,
    arXiv:1412.6806) lets through gradients that are positive, at points that a ReLU let through. It looks much
    like the picture's edges whatever the class (Adebayo et al. 2018, arXiv:1810.03292).

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    >>> guided_grad_cam(net, np.ones((3, 1, 8, 8), np.float32), 1).shape
    (3, 8, 8)
    """
    pictures, classes = checked(model, inputs, targets, where="guided_grad_cam")
    block = _block(model, pictures[:1], layer, where="guided_grad_cam")
    if not any(isinstance(module, nn.ReLU) for module in model.modules()):
        raise ParameterError(
            "the model has no ReLU module for guided backpropagation to act on",
            where="guided_grad_cam",
            do="use grad_cam or occlusion",
        )
    cam, guided = LayerGradCam(model, block), GuidedBackprop(model)

    def explain(part: Tensor, wanted: Tensor) -> Tensor:
        coarse = cam.attribute(part, target=wanted, relu_attributions=True)
        weights = LayerAttribution.interpolate(coarse, tuple(part.shape[2:]), interpolate_mode="bilinear")
        with warnings.catch_warnings():  # captum says that it sets hooks
            warnings.simplefilter("ignore", UserWarning)
            return guided.attribute(part, target=wanted) * weights

    return _maps(explain, model, pictures, classes, batch_size, where="guided_grad_cam")


def _maps(
    explain: Callable[[Tensor, Tensor], Tensor],
    model: nn.Module,
    pictures: Tensor,
    classes: Tensor,
    batch_size: int,
    *,
    where: str,
) -> NDArray[np.float32]:
    """Explain a few pictures at a time; sum the channels."""
    size = whole(batch_size, name="batch_size", where=where, least=1, most=2**31)
    with resting(model), torch.enable_grad():
        parts = [
            explain(part, wanted).detach().sum(dim=1).float().cpu()
            for part, wanted in zip(pictures.split(size), classes.split(size), strict=True)
        ]
    return torch.cat(parts).numpy()


def _block(model: nn.Module, picture: Tensor, layer: nn.Module | str | None, *, where: str) -> nn.Module:
    """Find the block that Grad-CAM looks at."""
    if layer is None:
        return _last_convolutions(model, picture, where=where)
    named = dict(model.named_modules())
    block = named.get(layer) if isinstance(layer, str) else layer
    if block is None or not any(block is module for module in named.values()):
        last = ", ".join([name for name in named if name][-8:])
        raise ParameterError(
            f"the model has no layer {layer!r}", where=where, do=f"pass one of its layers, such as {last}"
        )
    return block


def _last_convolutions(model: nn.Module, picture: Tensor, *, where: str) -> nn.Module:
    """Find the last module that holds convolutions and gives maps, by watching one forward pass."""
    given: list[nn.Module] = []

    def watch(module: nn.Module, _: object, output: object) -> None:
        maps = isinstance(output, Tensor) and output.dim() == 4 and output.shape[2] * output.shape[3] > 1
        if maps and any(isinstance(part, nn.Conv2d) for part in module.modules()):
            given.append(module)

    hooks = [module.register_forward_hook(watch) for module in model.modules()]
    try:
        with resting(model), torch.no_grad():
            model(picture)
    finally:
        for hook in hooks:
            hook.remove()
    attends = any(isinstance(module, nn.MultiheadAttention) for module in model.modules())
    if not given or attends:
        found = "attends to patches" if attends else "has no convolutions whose output keeps rows and columns"
        raise ParameterError(
            f"Grad-CAM does not apply: {type(model).__name__} {found}",
            where=where,
            do="use attention_rollout or occlusion" if attends else "use occlusion",
        )
    return given[-1]
