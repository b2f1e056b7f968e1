"""Networks that the AudioResNet is held against: a plain stack of convolutions, and a recurrent network."""

import torch
from torch import nn


class AudioCNN(nn.Module):
    """Plain convolutional network: five layers, each followed by pooling, no skip connections.

    Parameters
    ----------
    classes : int
        Outputs.
    frequencies : int
        Rows of the spectrograms; any number will do.
    width : float
        1: 64 channels in the first layer, 512 in the last two.

    Notes
    -----
    Source: the paper compares with "typical CNN-based models" and names none (section 4.5.2); this one is ours.

    Examples
    --------
    >>> AudioCNN(classes=5, frequencies=128, width=0.25)(torch.zeros(2, 1, 128, 86)).shape
    torch.Size([2, 5])
    """

    def __init__(self, *, classes: int, frequencies: int, width: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for number, channels in enumerate(max(1, round(64 * width)) * n for n in (1, 2, 4, 8, 8)):
            stride = 2 if number == 0 else 1
            layers += [nn.Conv2d(before, channels, 3, stride=stride, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)]
            before = channels
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(before, classes)

    def forward(self, spectrograms: torch.Tensor) -> torch.Tensor:
        """Classify float32 (n, 1, frequencies, frames)."""
        return self.fc(self.layers(spectrograms).mean((2, 3)))


class AudioLSTM(nn.Module):
    """Recurrent network: frame by frame through a two-layer LSTM in both directions, averaged over time.

    Parameters
    ----------
    classes : int
        Outputs.
    frequencies : int
        Rows of the spectrograms it will be given.
    width : float
        1: 256 states in each direction.

    Notes
    -----
    Source: section "Deep Learning Approaches" names recurrent networks, no layout; this one is ours.

    Examples
    --------
    >>> AudioLSTM(classes=5, frequencies=128, width=0.25)(torch.zeros(2, 1, 128, 86)).shape
    torch.Size([2, 5])
    """

    def __init__(self, *, classes: int, frequencies: int, width: float) -> None:
        super().__init__()
        states = max(1, round(256 * width))
        self.frames = nn.Linear(frequencies, states)
        self.lstm = nn.LSTM(states, states, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * states, classes)

    def forward(self, spectrograms: torch.Tensor) -> torch.Tensor:
        """Classify float32 (n, 1, frequencies, frames)."""
        states, _ = self.lstm(self.frames(spectrograms[:, 0].transpose(1, 2)).relu())
        return self.fc(states.mean(1))
