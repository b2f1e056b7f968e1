"""Changes made to spectrograms while a network is trained, so that it does not learn a recording by heart."""

import math
from collections.abc import Collection

import torch

from fireanalysis.transforms import CLIP_S, SAMPLE_RATE_HZ, Moments

# Ranges of what happens between one recording and another; assumed.
_GAIN_DB = 12.0
_SHIFT = 0.25  # of the clip
_SNR_DB = (0.0, 40.0)  # of the loudest frame
_RT60_S = (0.2, 1.5)
_TAIL_DB = (-30.0, -10.0)  # reverberant against direct power
_RESPONSE_DB = 8.0
_LOWPASS_HZ = (6_000.0, 22_050.0)
_MASKS, _MASK_SHARE = 2, 0.125
_MIXUP = 0.2


def augment(spectrograms: torch.Tensor, kinds: Collection[str], *, moments: Moments) -> torch.Tensor:
    """Change a batch of standardised log spectrograms at random, each clip by itself and in half of the cases.

    Parameters
    ----------
    spectrograms : float32 (n, 1, frequencies, frames)
        log(1 + magnitude), standardised by `moments`; on any device.
    kinds : collection of str
        Of `AUGMENTATIONS`:

        - "gain": up to 12 dB louder or softer;
        - "shift": up to a quarter of the clip later or earlier, what falls out comes in at the other end;
        - "noise": a noise of random colour, 0 to 40 dB below the loudest frame;
        - "reverberation": an exponential tail of RT60 0.2 to 1.5 s, in power;
        - "recorder": a random smooth response within about 8 dB and a random upper band limit;
        - "spec_augment": two bands and two stretches of time of up to an eighth set to the mean, in all clips
          (Park et al. 2019, arXiv:1904.08779, without the warping);
        - "mixup" is done by `mix`.
    moments : Moments

    Returns
    -------
    float32 (n, 1, frequencies, frames)
        Random by torch's own generator: seed it to repeat.

    Notes
    -----
    All ranges are assumed. Magnitudes of independent sounds are added as powers.
    """
    power = torch.expm1((spectrograms * moments.std + moments.mean).clamp(min=0)).square()
    for kind, change in _CHANGES.items():
        if kind in kinds:
            chosen = torch.rand(len(power), 1, 1, 1, device=power.device) < 0.5
            power = torch.where(chosen, change(power), power)
    out = (torch.log1p(power.sqrt()) - moments.mean) / moments.std
    return _masked(out) if "spec_augment" in kinds else out


def mix(maps: torch.Tensor, codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Blend each map of a batch with another: mixup (Zhang et al. 2018, arXiv:1710.09412), α = 0.2.

    Parameters
    ----------
    maps : float32 (n, 1, rows, columns)
    codes : int64 (n,)

    Returns
    -------
    maps : float32 (n, 1, rows, columns)
    other : int64 (n,)
        Classes of the maps blended in.
    share : float
        Weight of the first map and its class; at least 0.5.

    Examples
    --------
    >>> maps, other, share = mix(torch.eye(2)[:, None, None], torch.tensor([0, 1]))
    >>> maps.shape, share >= 0.5
    (torch.Size([2, 1, 1, 2]), True)
    """
    share = float(torch.distributions.Beta(_MIXUP, _MIXUP).sample())
    share = max(share, 1 - share)
    order = torch.randperm(len(maps), device=maps.device)
    return share * maps + (1 - share) * maps[order], codes[order], share


def _uniform(power: torch.Tensor, low: float, high: float) -> torch.Tensor:
    return low + (high - low) * torch.rand(len(power), 1, 1, 1, device=power.device)


def _from_db(level_db: torch.Tensor) -> torch.Tensor:
    return 10 ** (level_db / 10)


def _gain(power: torch.Tensor) -> torch.Tensor:
    return power * _from_db(_uniform(power, -_GAIN_DB, _GAIN_DB))


def _shift(power: torch.Tensor) -> torch.Tensor:
    frames = power.shape[-1]
    by = (_uniform(power, -_SHIFT, _SHIFT) * frames).long()
    places = (torch.arange(frames, device=power.device) - by) % frames
    return power.gather(-1, places.expand_as(power))


def _noise(power: torch.Tensor) -> torch.Tensor:
    frequency = torch.linspace(1 / power.shape[-2], 1, power.shape[-2], device=power.device)[:, None]
    colour = frequency ** -_uniform(power, 0.0, 2.0)  # white to brown
    loudest = power.mean(-2, keepdim=True).amax(-1, keepdim=True)
    level = loudest * _from_db(-_uniform(power, *_SNR_DB))
    # The power of a noise in one cell is exponentially distributed.
    return power + level * colour / colour.mean(-2, keepdim=True) * torch.empty_like(power).exponential_()


def _reverberation(power: torch.Tensor) -> torch.Tensor:
    frames = power.shape[-1]
    time_s = torch.arange(frames, device=power.device) * (CLIP_S / frames)
    tail = torch.exp(-math.log(1e6) * time_s / _uniform(power, *_RT60_S))
    tail = tail / tail.sum(-1, keepdim=True) * _from_db(_uniform(power, *_TAIL_DB))
    tail[..., 0] += 1
    both = torch.fft.rfft(power, 2 * frames) * torch.fft.rfft(tail, 2 * frames)
    return torch.fft.irfft(both, 2 * frames)[..., :frames].clamp(min=0)


def _recorder(power: torch.Tensor) -> torch.Tensor:
    rows = power.shape[-2]
    knots = torch.randn(len(power), 1, 8, device=power.device) * (_RESPONSE_DB / 2)
    response = torch.nn.functional.interpolate(knots, rows, mode="linear", align_corners=True)[..., None]
    frequency = (torch.arange(rows, device=power.device) + 0.5)[:, None] * (SAMPLE_RATE_HZ / 2 / rows)
    above = (frequency / _uniform(power, *_LOWPASS_HZ)) ** 16  # a steep filter
    return power * _from_db(response) / (1 + above)


def _masked(maps: torch.Tensor) -> torch.Tensor:
    keep = torch.ones_like(maps, dtype=torch.bool)
    for axis in (-2, -1):
        size = maps.shape[axis]
        places = torch.arange(size, device=maps.device)
        places = places[:, None] if axis == -2 else places
        for _ in range(_MASKS):
            width = _uniform(maps, 0, _MASK_SHARE) * size
            start = _uniform(maps, 0, 1) * (size - width)
            keep &= (places < start) | (places >= start + width)
    return maps * keep


_CHANGES = {
    "gain": _gain,
    "shift": _shift,
    "reverberation": _reverberation,
    "recorder": _recorder,
    "noise": _noise,
}
