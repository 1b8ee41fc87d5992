"""The encoder: two towers of one shape, one for sounds and one for imitations."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from features import BANDS, MAX_FRAMES, ROWS

EMBEDDING = 256
SEGMENTS = 4
#: Frames of the network after its strides.
STEPS = MAX_FRAMES // 4


def pooling(lengths: torch.Tensor) -> torch.Tensor:
    """Weights that average the steps that hold sound: all, then each quarter [batch, 50, 5]."""
    count = torch.clamp((lengths + 3) // 4, 1, STEPS)[:, None, None].float()
    left = torch.arange(STEPS, device=lengths.device)[None, :, None].float()
    low = torch.tensor([0.0] + [k / SEGMENTS for k in range(SEGMENTS)], device=lengths.device) * count
    high = torch.tensor([1.0] + [(k + 1) / SEGMENTS for k in range(SEGMENTS)], device=lengths.device) * count
    overlap = torch.clamp(torch.minimum(left + 1, high) - torch.maximum(left, low), min=0)
    return overlap / overlap.sum(1, keepdim=True)


class Block(nn.Module):
    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.convolution = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.mix(F.relu(self.norm(self.convolution(x))))


class Tower(nn.Module):
    """[batch, 68, 200] and pooling weights [batch, 50, 5] to unit vectors [batch, 256]."""

    def __init__(self, width: int = 192):
        super().__init__()
        layers: list[nn.Module] = []
        for inside, outside, kernel, stride in [(1, 12, 5, (2, 2)), (12, 32, 3, (2, 1)), (32, 48, 3, (2, 2))]:
            layers += [nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outside), nn.ReLU()]
        self.mel = nn.Sequential(*layers)
        self.rows = nn.Sequential(nn.Conv1d(ROWS, 48, 7, 2, 3, bias=False), nn.BatchNorm1d(48), nn.ReLU(), nn.Conv1d(48, 64, 5, 2, 2, bias=False), nn.BatchNorm1d(64), nn.ReLU())
        self.join = nn.Sequential(nn.Conv1d(48 * BANDS // 8 + 64, width, 3, padding=1, bias=False), nn.BatchNorm1d(width), nn.ReLU())
        self.blocks = nn.Sequential(*[Block(width, d) for d in (1, 2, 4, 1)])
        self.norm = nn.BatchNorm1d(width)
        pooled = width * (2 + SEGMENTS)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Sequential(nn.Linear(pooled, 320), nn.ReLU(), nn.Linear(320, EMBEDDING))

    def pooled(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """What the head is given [batch, 1152]."""
        mel = self.mel(x[:, None, :BANDS]).flatten(1, 2)
        h = self.join(torch.cat([mel, self.rows(x[:, BANDS:])], 1))
        h = F.relu(self.norm(self.blocks(h)))
        means = h @ weights.to(h.dtype)
        silent = (weights[:, None, :, 0] == 0).to(h.dtype)
        peak = (h - 30 * silent).amax(2)
        return torch.cat([means.flatten(1), peak], 1)

    def embed(self, pooled: torch.Tensor) -> torch.Tensor:
        """Unit vectors [batch, 256] of `pooled`."""
        return F.normalize(self.head(self.drop(pooled)).float(), dim=1)

    def forward(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return self.embed(self.pooled(x, weights))


class DualEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.item, self.query = Tower(), Tower()
        self.scale = nn.Parameter(torch.tensor(2.7))
