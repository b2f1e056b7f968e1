"""What a network costs: parameters, operations, time and memory for one sample."""

import statistics
import time
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fireanalysis.errors import ParameterError


@dataclass(frozen=True)
class Cost:
    """Cost of one sample; costs of networks that are run one after the other can be added.

    Attributes
    ----------
    parameters : int
    flops : int
        Floating-point operations of convolutions and matrix products; a multiplication and an addition are two.
    latency_ms : float
        Median time, on the network's device and with torch's present number of threads.
    weights_mb : float
        Parameters and buffers, 10⁶ bytes.
    """

    parameters: int
    flops: int
    latency_ms: float
    weights_mb: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.parameters + other.parameters,
            self.flops + other.flops,
            self.latency_ms + other.latency_ms,
            self.weights_mb + other.weights_mb,
        )


def network_cost(model: nn.Module, shape: tuple[int, ...], *, repeats: int = 20) -> Cost:
    """Measure what one sample costs.

    Parameters
    ----------
    model : torch.nn.Module
        In evaluation mode.
    shape : tuple of int
        Of one sample: (1, 512, 345) for a spectrogram.
    repeats : int
        Measurements of the time, at least 1; the median counts.

    Raises
    ------
    ParameterError
        If the network does not take such a sample.

    Notes
    -----
    Operations are counted by torch's FlopCounterMode, which does not see recurrent layers' own kernels; for those
    the products with their weight matrices are added, frame by frame. The paper's "10 computational units"
    (section 4.5.2) are not defined.

    Examples
    --------
    >>> network_cost(nn.Sequential(nn.Flatten(), nn.Linear(6, 2)), (1, 2, 3), repeats=1).flops
    24
    """
    first = next(model.parameters())
    sample = torch.zeros(1, *shape, device=first.device, dtype=first.dtype)
    recurrent: list[int] = []
    hooks = [
        layer.register_forward_pre_hook(lambda layer, x: recurrent.append(_of_recurrent(layer, x[0])))
        for layer in model.modules()
        if isinstance(layer, nn.RNNBase)
    ]
    try:
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            model(sample)
    except RuntimeError as error:
        raise ParameterError(
            f"the network does not take a sample of {shape}: {error}",
            where="network_cost",
            do="pass the shape it was built for",
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    state = [*model.parameters(), *model.buffers()]
    return Cost(
        sum(p.numel() for p in model.parameters()),
        counter.get_total_flops() + sum(recurrent),
        _latency_ms(model, sample, repeats),
        sum(tensor.numel() * tensor.element_size() for tensor in state) / 1e6,
    )


def _of_recurrent(layer: nn.RNNBase, steps: torch.Tensor) -> int:
    matrices = sum(weight.numel() for name, weight in layer.named_parameters() if name.startswith("weight"))
    return 2 * matrices * steps.shape[:2].numel()


def _latency_ms(model: nn.Module, sample: torch.Tensor, repeats: int) -> float:
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 1):
            started = time.perf_counter()
            model(sample)[0, 0].item()  # waits for a GPU
            times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[1:])  # the first one warms up
