"""Which units of a network are silent: those that no picture ever brings above zero."""

from collections.abc import Iterable

import pandas as pd
import torch
from torch import Tensor, nn

from fireanalysis.errors import DataError


def silent_units(network: nn.Module, inputs: Iterable[Tensor]) -> pd.DataFrame:
    """Count the units that never get above zero before their activation.

    Behind a ReLU such a unit is dead: its output is always 0 and no gradient reaches its weights. A leaky ReLU or an
    ELU lets it answer and learn all the same.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode, with activations that are `torch.nn.ReLU`, `LeakyReLU` or `ELU`.
    inputs : iterable of Tensor
        Batches (n, ...) that the network takes.

    Returns
    -------
    DataFrame
        One row an activation, in the order of the network: layer (name), activation, units (channels), silent (those
        that are at most 0 before it everywhere in all batches), not_above_zero (share of all values before it).

    Raises
    ------
    DataError
        If there is no batch, or the network has no such activation.

    Notes
    -----
    Source: segmentation paper, "The Model's Architecture": leaky ReLU and ELU are taken against "dying" neurons; how
    many died is not said.

    Examples
    --------
    >>> layer = nn.Linear(1, 2)
    >>> layer.weight.data, layer.bias.data = torch.tensor([[1.0], [-1.0]]), torch.zeros(2)
    >>> silent_units(nn.Sequential(layer, nn.ReLU()), [torch.tensor([[1.0], [2.0]])])
      layer activation  units  silent  not_above_zero
    0     1       ReLU      2       1             0.5
    """
    kinds = (nn.ReLU, nn.LeakyReLU, nn.ELU)
    layers = {name: layer for name, layer in network.named_modules() if isinstance(layer, kinds)}
    highest: dict[str, Tensor] = {}
    counts = {name: [0, 0] for name in layers}

    def look(name: str, values: Tensor) -> None:
        top = values.transpose(0, 1).flatten(1).amax(1)
        highest[name] = torch.maximum(highest.get(name, top), top)
        counts[name][0] += int((values <= 0).sum())
        counts[name][1] += values.numel()

    hooks = [
        layer.register_forward_pre_hook(lambda _, given, name=name: look(name, given[0].detach()))
        for name, layer in layers.items()
    ]
    try:
        with torch.inference_mode():
            for batch in inputs:
                network(batch)
    finally:
        for hook in hooks:
            hook.remove()
    if not highest:
        what = (
            f"{len(layers)} activations saw no batch"
            if layers
            else "no ReLU, LeakyReLU or ELU in the network"
        )
        raise DataError(what, where="silent_units", do="pass a network with one, and a batch or more")
    rows = [
        (
            name,
            type(layers[name]).__name__,
            len(top),
            int((top <= 0).sum()),
            counts[name][0] / counts[name][1],
        )
        for name, top in highest.items()
    ]
    return pd.DataFrame(rows, columns=["layer", "activation", "units", "silent", "not_above_zero"])
