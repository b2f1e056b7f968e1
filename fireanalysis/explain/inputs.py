"""What every explanation needs first: pictures and classes that fit the network, and a network at rest."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms.arrays import whole


def checked(
    model: nn.Module, inputs: ArrayLike | Tensor, targets: ArrayLike | Tensor | int | None, *, where: str
) -> tuple[Tensor, Tensor]:
    """Bring pictures and classes to the model's device, after looking whether they fit it.

    Parameters
    ----------
    model : torch.nn.Module
        Takes (n, channels, rows, columns), gives one score a class.
    inputs : float (n, channels, rows, columns)
        On any device.
    targets : int or int (n,)
        Class to explain, one for all or one a picture; None where none is needed.

    Raises
    ------
    DataError
        For another shape, missing or infinite values, or pictures that the model does not take.
    ParameterError
        For a class that is none, or a model that lies on several devices.
    """
    device, dtype = _place(model, where=where)
    pictures = _tensor(inputs)
    if pictures.dim() != 4 or not pictures.numel() or not pictures.is_floating_point():
        raise DataError(
            f"inputs are {pictures.dtype} of shape {tuple(pictures.shape)}; "
            "float (n, channels, rows, columns) is needed",
            where=where,
            do="pass what the network sees, as inputs() of the fit gives it; one picture as inputs[:1]",
        )
    if not bool(torch.isfinite(pictures).all()):
        share = 1 - float(torch.isfinite(pictures).float().mean())
        raise DataError(
            f"{share:.1%} of the input values are missing or infinite",
            where=where,
            do="fill missing points as in training (0, the mean), as inputs() of the fit does",
        )
    pictures = pictures.detach().to(device, dtype)
    classes = _classes(model, pictures[:1], where=where)
    wanted = _tensor(0 if targets is None else targets)
    if wanted.is_floating_point() or wanted.is_complex() or wanted.shape not in ((), (len(pictures),)):
        raise ParameterError(
            f"targets are {wanted.dtype} of shape {tuple(wanted.shape)}; "
            f"one whole number, or {len(pictures)}, are needed",
            where=where,
            do="pass the number of the class in the network's output, one a picture",
        )
    wanted = wanted.to(device, torch.long)
    if bool(((wanted < 0) | (wanted >= classes)).any()):
        raise ParameterError(
            f"targets run from {int(wanted.min())} to {int(wanted.max())}; "
            f"the network's classes are 0 to {classes - 1}",
            where=where,
            do="leave out pictures whose class the network does not know (-1)",
        )
    return pictures, wanted.expand(len(pictures))


def _tensor(values: ArrayLike | Tensor) -> Tensor:
    # torch warns of arrays that it may not write to, as pandas gives them; a copy is its own.
    return values if isinstance(values, Tensor) else torch.tensor(np.asarray(values))


def _place(model: nn.Module, *, where: str) -> tuple[torch.device, torch.dtype]:
    """Tell where the model computes, and in what precision."""
    weights = [weight for weight in model.parameters() if weight.is_floating_point()]
    devices = {weight.device for weight in weights}
    if len(devices) > 1:
        names = ", ".join(sorted(map(str, devices)))
        raise ParameterError(
            f"the model lies on several devices: {names}", where=where, do='move it to one: model.to("cpu")'
        )
    return (weights[0].device, weights[0].dtype) if weights else (torch.device("cpu"), torch.float32)


def _classes(model: nn.Module, picture: Tensor, *, where: str) -> int:
    """Count the classes, by one forward pass."""
    try:
        with resting(model), torch.inference_mode():
            scores = model(picture)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise DataError(
            f"the model does not take inputs of shape {tuple(picture.shape)}: {str(error).splitlines()[0]}",
            where=where,
            do="pass as many channels and pixels as it was trained on",
        ) from error
    if not isinstance(scores, Tensor) or scores.dim() != 2:
        found = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise ParameterError(
            f"the model gives {found}; (n, classes) is needed", where=where, do="pass a classifier"
        )
    return int(scores.shape[1])


@contextmanager
def resting(model: nn.Module) -> Iterator[None]:
    """Hold a model in evaluation mode, so that a picture's map does not depend on those beside it."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def class_probabilities(
    model: nn.Module, inputs: ArrayLike | Tensor, *, batch_size: int = 256
) -> NDArray[np.float32]:
    """Ask a network about pictures, changed ones among them: with empty corners, say.

    Parameters
    ----------
    model : torch.nn.Module
        Takes (n, channels, rows, columns), gives one score (logit) a class. Asked in evaluation mode.
    inputs : float (n, channels, rows, columns)
        What the network sees, without missing values; brought to the model's device.
    batch_size : int
        So many pictures at a time.

    Returns
    -------
    ndarray, float32 (n, classes)
        Rows sum to 1.

    Raises
    ------
    DataError
        For inputs of another shape, or with missing values.

    Examples
    --------
    >>> net = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    >>> class_probabilities(net, np.ones((3, 1, 4, 4), np.float32)).shape
    (3, 2)
    """
    pictures, _ = checked(model, inputs, None, where="class_probabilities")
    size = whole(batch_size, name="batch_size", where="class_probabilities", least=1, most=2**31)
    with resting(model), torch.inference_mode():
        parts = [model(part).softmax(dim=1).float().cpu() for part in pictures.split(size)]
    return torch.cat(parts).numpy()
