"""The architecture of the challenge's MN baseline: MobileNetV3, with the names of EfficientAT's modules
(F. Schmid, K. Koutini, G. Widmer, "Efficient large-scale audio tagging via Transformer-to-CNN knowledge
distillation", ICASSP 2023), and what it hears."""

from __future__ import annotations

import math

import torch
from torch import nn

RE, HS = nn.ReLU, nn.Hardswish
BLOCKS = [
    (3, 16, 16, False, RE, 1),
    (3, 64, 24, False, RE, 2),
    (3, 72, 24, False, RE, 1),
    (5, 72, 40, True, RE, 2),
    (5, 120, 40, True, RE, 1),
    (5, 120, 40, True, RE, 1),
    (3, 240, 80, False, HS, 2),
    (3, 200, 80, False, HS, 1),
    (3, 184, 80, False, HS, 1),
    (3, 184, 80, False, HS, 1),
    (3, 480, 112, True, HS, 1),
    (3, 672, 112, True, HS, 1),
    (5, 672, 160, True, HS, 2),
    (5, 960, 160, True, HS, 1),
    (5, 960, 160, True, HS, 1),
]


def make_divisible(channels: float, divisor: int = 8) -> int:
    """The nearest multiple that does not take more than a tenth away."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conc_se_layers = nn.ModuleList([nn.Module()])
        squeezed = make_divisible(channels // 4)
        self.conc_se_layers[0].fc1 = nn.Linear(channels, squeezed)
        self.conc_se_layers[0].fc2 = nn.Linear(squeezed, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        layers = self.conc_se_layers[0]
        scale = layers.fc2(torch.relu(layers.fc1(x.mean((2, 3)))))
        return x * torch.sigmoid(scale)[:, :, None, None]


def conv(channels: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1, activation: type | None = None) -> nn.Sequential:
    """A convolution without bias, normalisation, and activation where there is one."""
    layers = [
        nn.Conv2d(channels, out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out, eps=1e-3),
    ]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class InvertedResidual(nn.Module):
    def __init__(self, channels: int, kernel: int, expanded: int, out: int, squeeze: bool, activation: type, stride: int):
        super().__init__()
        self.residual = stride == 1 and channels == out
        layers = []
        if expanded != channels:
            layers.append(conv(channels, expanded, activation=activation))
        layers.append(conv(expanded, expanded, kernel, stride, expanded, activation))
        if squeeze:
            layers.append(SqueezeExcite(expanded))
        layers.append(conv(expanded, out))
        self.block = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x) + x if self.residual else self.block(x)


class Encoder(nn.Module):
    """[batch, 1, 128, frames] to unit vectors [batch, 6 · channels of the last block]."""

    def __init__(self, width: float):
        super().__init__()
        channels = make_divisible(16 * width)
        features = [conv(1, channels, 3, 2, activation=HS)]
        for kernel, expanded, out, squeeze, activation, stride in BLOCKS:
            expanded, out = make_divisible(expanded * width), make_divisible(out * width)
            features.append(InvertedResidual(channels, kernel, expanded, out, squeeze, activation, stride))
            channels = out
        features.append(conv(channels, 6 * channels, activation=HS))
        self.features = nn.Sequential(*features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.features(x).mean((2, 3)), dim=1)


RATE, N_FFT, WINDOW, HOP, BANDS, TOP, SECONDS = 32000, 1024, 800, 320, 128, 15000.0, 10


def mel_bank() -> torch.Tensor:
    """Kaldi's triangles, whose sides are straight over mel, from 0 to 15 kHz [128, 513]."""
    mel = lambda hertz: 1127 * math.log(1 + hertz / 700)
    step = mel(TOP) / (BANDS + 1)
    frequency = 1127 * torch.log(1 + torch.arange(N_FFT // 2 + 1) * RATE / N_FFT / 700)
    left = step * torch.arange(BANDS)[:, None]
    rising, falling = (frequency - left) / step, (left + 2 * step - frequency) / step
    bank = torch.clamp(torch.minimum(rising, falling), min=0)
    bank[:, -1] = 0
    return bank


def log_mel(samples: torch.Tensor, bank: torch.Tensor) -> torch.Tensor:
    """What the networks hear of samples at 32 kHz, which are cut or padded to ten seconds
    [batch, n] [batch, 1, 128, 1000]."""
    samples = nn.functional.pad(samples, (0, max(0, SECONDS * RATE - samples.shape[1])))[:, : SECONDS * RATE]
    samples = samples[:, 1:] - 0.97 * samples[:, :-1]
    window = torch.hann_window(WINDOW, periodic=False, device=samples.device)
    spectra = torch.stft(samples, N_FFT, HOP, WINDOW, window, center=True, return_complex=True)
    return ((torch.log(bank @ spectra.abs() ** 2 + 1e-5) + 4.5) / 5)[:, None]
