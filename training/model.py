"""The encoder: two towers of one shape, one for sounds and one for imitations."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from features import BANDS, MAX_FRAMES, ROWS

EMBEDDING = 256
SEGMENTS = 4
#: Frames of the network after its strides.
STEPS = MAX_FRAMES // 4


def presence(lengths: torch.Tensor) -> torch.Tensor:
    """1 where there is sound, 0 behind it, for lengths in frames [...] [..., 200]."""
    frame = torch.arange(MAX_FRAMES, device=lengths.device)
    return (frame < lengths[..., None]).float()


def part_of(lengths: torch.Tensor, part: torch.Tensor | float) -> torch.Tensor:
    """How many frames a part of a clip is, of which there is at least a second."""
    return torch.maximum(torch.clamp(lengths, max=50), (lengths * part).round().long()).clamp(1, MAX_FRAMES)


def pooling(lengths: torch.Tensor) -> torch.Tensor:
    """Weights that average the steps that hold sound, all, then each quarter, for lengths in frames
    [...] [..., 50, 5]."""
    count = torch.clamp((lengths + 3) // 4, 1, STEPS)[..., None, None].float()
    left = torch.arange(STEPS, device=lengths.device)[:, None].float()
    low = torch.tensor([0.0] + [k / SEGMENTS for k in range(SEGMENTS)], device=lengths.device) * count
    high = torch.tensor([1.0] + [(k + 1) / SEGMENTS for k in range(SEGMENTS)], device=lengths.device) * count
    overlap = torch.clamp(torch.minimum(left + 1, high) - torch.maximum(left, low), min=0)
    return overlap / overlap.sum(-2, keepdim=True)


class Block(nn.Module):
    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.convolution = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.mix(F.relu(self.norm(self.convolution(x))))


class Tower(nn.Module):
    """One network, that hears a sound once and embeds it and its beginnings.

    What it is given is [batch, 68, 200], zero after the end, and lengths in frames [batch, views], the
    first of which is the whole; what it says is unit vectors [batch, views, 256].
    """

    def __init__(
        self, width: int = 256, channels: tuple[int, int, int] = (24, 48, 64), dilations: tuple[int, ...] = (1, 2, 4, 2, 1),
        hidden: int = 384, normalized: bool = True, spread: bool = True,
    ):  # fmt: skip
        """`normalized` gives each band about its mean as well, `spread` tells how much what is heard varies."""
        super().__init__()
        self.normalized, self.spread = normalized, spread
        first, second, third = channels
        layers: list[nn.Module] = []
        for inside, outside, kernel, stride in [(1 + normalized, first, 5, (2, 2)), (first, second, 3, (2, 1)), (second, third, 3, (2, 2))]:
            layers += [nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outside), nn.ReLU()]
        self.mel = nn.Sequential(*layers)
        self.rows = nn.Sequential(nn.Conv1d(ROWS, 48, 7, 2, 3, bias=False), nn.BatchNorm1d(48), nn.ReLU(), nn.Conv1d(48, 64, 5, 2, 2, bias=False), nn.BatchNorm1d(64), nn.ReLU())
        self.join = nn.Sequential(nn.Conv1d(third * BANDS // 8 + 64, width, 3, padding=1, bias=False), nn.BatchNorm1d(width), nn.ReLU())
        self.blocks = nn.Sequential(*[Block(width, d) for d in dilations])
        self.norm = nn.BatchNorm1d(width)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Sequential(nn.Linear(width * (2 + SEGMENTS + spread), hidden), nn.ReLU(), nn.Linear(hidden, EMBEDDING))

    def trunk(self, x: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
        """What convolutions make of sounds [batch, 68, 200] of lengths [batch]: [batch, width, 50]."""
        mel = x[:, None, :BANDS]
        if self.normalized:
            # Each band about its mean as well: what a voice, a room or a microphone colours all along.
            present = presence(whole)[:, None, None]
            mean = mel.sum(3, keepdim=True) / present.sum(3, keepdim=True)
            mel = torch.cat([mel, (mel - mean) * present], 1)
        h = self.mel(mel).flatten(1, 2)
        h = self.join(torch.cat([h, self.rows(x[:, BANDS:])], 1))
        return F.relu(self.norm(self.blocks(h)))

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        pooled = self.pool(self.trunk(x, lengths[:, 0]), lengths)
        return F.normalize(self.head(self.drop(pooled)).float(), dim=2)

    @torch.autocast("cuda", enabled=False)  # a spread is a small difference of large numbers
    def pool(self, h: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Means over all and over quarters, peaks, and spreads, of each view [batch, views, 7 · width]."""
        h = h.float()[:, None]  # [batch, 1, width, 50]
        weights = pooling(lengths)  # [batch, views, 50, 5]
        means = h @ weights  # [batch, views, width, 5]
        inside = (weights[..., 0] > 0).float()[:, :, None]
        peak = (h - 30 * (1 - inside)).amax(3)
        if not self.spread:
            return torch.cat([means.flatten(2), peak], 2)
        spread = torch.sqrt(torch.clamp((h * h) @ weights[..., :1] - means[..., :1] ** 2, min=0) + 1e-4)
        return torch.cat([means.flatten(2), peak, spread.flatten(2)], 2)


class DualEncoder(nn.Module):
    """A tower for sounds and one for imitations."""

    def __init__(self, **sizes: object) -> None:
        super().__init__()
        self.sizes = sizes
        self.item, self.query = Tower(**sizes), Tower(**sizes)
        self.scale = nn.Parameter(torch.tensor(2.7))

    def content(self) -> dict[str, object]:
        """What `load` makes it of again, in 16 bits."""
        half = lambda x: x.half().cpu() if x.dtype.is_floating_point else x.cpu()
        return {"sizes": self.sizes, "weights": {name: half(x) for name, x in self.state_dict().items()}}


class Together(nn.Module):
    """Towers that listen side by side; what they say, one behind the other, brought down to unit vectors
    [batch, views, 256] by a projection [256 · towers, 256] that keeps their products."""

    def __init__(self, towers: list[Tower], projection: torch.Tensor):
        super().__init__()
        self.towers = nn.ModuleList(towers)
        self.register_buffer("projection", projection)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        said = torch.cat([tower(x, lengths) for tower in self.towers], 2)
        return F.normalize(said @ self.projection, dim=2)


class Ensemble(nn.Module):
    """Encoders that were trained by themselves, as one."""

    def __init__(self, members: list[DualEncoder], projection: torch.Tensor):
        super().__init__()
        self.item = Together([m.item for m in members], projection)
        self.query = Together([m.query for m in members], projection)


def save(content: object, path: Path) -> None:
    """Writes what `torch.load` reads, whole or not at all."""
    unfinished = path.with_suffix(".new")
    torch.save(content, unfinished)
    unfinished.rename(path)


def load(path: Path) -> DualEncoder | Ensemble:
    """The encoder that train.py has written, or combine.py."""
    content = torch.load(path, map_location="cpu")
    if "members" in content:
        return Ensemble([_encoder(m) for m in content["members"]], content["projection"].float()).eval()
    return _encoder(content).eval()


def _encoder(content: dict[str, object]) -> DualEncoder:
    model = DualEncoder(**content["sizes"])
    model.load_state_dict(content["weights"])
    return model
