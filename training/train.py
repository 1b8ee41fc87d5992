"""Trains the encoder on what make_pairs.py made.

    python train.py WORK_FOLDER [STEPS]
"""

from __future__ import annotations

import copy
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from features import BANDS, MAX_FRAMES
from measure import held_out_sets, mrr
from model import DualEncoder, pooling

ITEMS_A_BATCH, A_FAMILY, RATE, DECAY = 256, 8, 1.5e-3, 0.02
#: Of the steps that the rate is scheduled over, so many are taken: what comes after helps with sounds
#: that are made up, and no more with recorded ones.
TAKEN = 0.75
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Store:
    """Clips of different lengths in one array of bytes."""

    def __init__(self, clips: list[np.ndarray]):
        self.lengths = torch.tensor([c.shape[1] for c in clips], device=DEVICE)
        self.starts = torch.cumsum(self.lengths, 0) - self.lengths
        self.values = torch.from_numpy(np.ascontiguousarray(np.concatenate(clips, 1).T)).to(DEVICE)

    def take(self, indices: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs [batch, 68, 200], zero after the end, and lengths."""
        chosen = torch.from_numpy(indices).to(DEVICE)
        lengths = self.lengths[chosen]
        frame = torch.arange(MAX_FRAMES, device=DEVICE)
        inside = frame[None] < lengths[:, None]
        at = torch.where(inside, self.starts[chosen][:, None] + frame, 0)
        x = self.values[at].float() / 255
        x[:, :, BANDS:] = 2 * x[:, :, BANDS:] - 1
        return (x * inside[:, :, None]).transpose(1, 2).contiguous(), lengths


def augment(x: torch.Tensor, lengths: torch.Tensor, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Shifts along frequency, other tempo, another room's colour, noise; differently for each clip."""
    batch = len(x)
    uniform = lambda low, high: low + (high - low) * torch.rand(batch, device=DEVICE)  # noqa: E731
    stretch = torch.exp(uniform(-0.2, 0.2) * strength)
    stretch = torch.minimum(stretch, MAX_FRAMES / lengths)
    shift = uniform(-3, 3) * strength
    grid = F.affine_grid(
        torch.stack([torch.stack([1 / stretch, 0 * stretch, 1 / stretch - 1], 1), torch.stack([0 * shift, 1 + 0 * shift, shift / (BANDS / 2)], 1)], 1),
        [batch, 1, BANDS, MAX_FRAMES], align_corners=False,
    )  # fmt: skip
    mel = F.grid_sample(x[:, None, :BANDS], grid, align_corners=False)[:, 0]
    rows = F.grid_sample(x[:, BANDS:, None], torch.stack([grid[:, :1, :, 0], 0 * grid[:, :1, :, 0]], 3), align_corners=False)[:, :, 0]
    lengths = torch.clamp((lengths * stretch).round().long(), 1, MAX_FRAMES)
    position = torch.linspace(-1, 1, BANDS, device=DEVICE)[None, :, None]
    color = uniform(-0.12, 0.12)[:, None, None] * position + uniform(-0.1, 0.1)[:, None, None] * torch.cos(3.14 * uniform(0.5, 3)[:, None, None] * position + uniform(0, 6.28)[:, None, None])
    # A quiet room, or a loud one; a microphone that squeezes.
    contrast = torch.exp(uniform(-0.35, 0.55) * strength)[:, None, None]
    mel = 1 - contrast * (1 - mel) + strength * color
    floor = torch.where(uniform(0, 1) < 0.5, uniform(0, 0.45), torch.zeros_like(stretch))[:, None, None] * strength
    mel = torch.maximum(mel, floor + 0.05 * strength * torch.randn(batch, BANDS, 1, device=DEVICE) * (floor > 0))
    mel = mel + 0.02 * strength * torch.randn_like(mel)
    low = torch.randint(0, BANDS, (batch, 1, 1), device=DEVICE)
    wide = torch.where(uniform(0, 1) < 0.3, uniform(0, 12), torch.zeros_like(stretch))[:, None, None]
    bands = torch.arange(BANDS, device=DEVICE)[None, :, None]
    mel = torch.where((bands >= low) & (bands < low + wide), 0.0, mel)
    rows = rows * (1 + 0.15 * strength * torch.randn(batch, rows.shape[1], 1, device=DEVICE))
    present = (torch.arange(MAX_FRAMES, device=DEVICE)[None, None] < lengths[:, None, None]).float()
    return torch.cat([mel.clamp(0, 1), rows], 1) * present, lengths


def cut(x: torch.Tensor, lengths: torch.Tensor, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The beginnings of clips: `part` of each, at least a second."""
    lengths = torch.maximum(torch.clamp(lengths, max=50), (lengths * part).round().long()).clamp(1, MAX_FRAMES)
    return x * (torch.arange(MAX_FRAMES, device=DEVICE)[None, None] < lengths[:, None, None]), lengths


def main(folder: Path, steps: int) -> None:
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    with open(folder / "pairs.pickle", "rb") as file:
        data = pickle.load(file)
    items = Store(data["items"])
    per_item = len(data["tight"][0])
    queries = {style: Store([c for clips in data[style] for c in clips]) for style in ("tight", "loose")}
    families: dict[str, list[int]] = {}
    for k, family in enumerate(data["families"]):
        families.setdefault(family, []).append(k)
    members = [np.array(m) for m in families.values()]
    chance = np.sqrt([len(m) for m in members])
    chance /= chance.sum()
    held_out = held_out_sets(folder)
    model = DualEncoder().to(DEVICE)
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.08)
    report, check = max(1, steps // 40), max(1, steps // 8)
    start, running = time.time(), 0.0
    last = int(TAKEN * steps)
    for step in range(1, last + 1):
        chosen: list[int] = []
        while len(chosen) < ITEMS_A_BATCH:
            family = members[rng.choice(len(members), p=chance)]
            chosen += [int(i) for i in rng.permutation(family)[:A_FAMILY] if int(i) not in chosen]
        batch = np.array(chosen[:ITEMS_A_BATCH])
        sounds, sound_lengths = items.take(batch)
        # People stop early: sounds and imitations are cut alike, as the library compares them.
        uniform = torch.rand(2, len(batch), device=DEVICE)
        part = torch.where(uniform[0] < 0.5, 0.35 + 0.65 * uniform[1], 1.0)
        a, a_lengths = augment(*cut(sounds, sound_lengths, part), 0.5)
        inputs, lengths = [], []
        for style in queries.values():
            x, n = style.take(batch * per_item + rng.integers(0, per_item, len(batch)))
            # Now and then the sound itself asks: it must find itself.
            same = torch.rand(len(batch), device=DEVICE) < 0.05
            x = torch.where(same[:, None, None], sounds, x)
            n = torch.where(same, sound_lengths, n)
            nearly = part * torch.where(part < 1, torch.exp(0.08 * torch.randn_like(part)), 1.0)
            x, n = augment(*cut(x, n, nearly.clamp(max=1.0)), 1.0)
            inputs.append(x)
            lengths.append(n)
        with torch.autocast(DEVICE, dtype=torch.bfloat16):
            item = model.item(a, pooling(a_lengths))
            query = model.query(torch.cat(inputs), pooling(torch.cat(lengths)))
        scores = (query @ item.T) * model.scale.exp().clamp(max=60)
        target = torch.arange(len(batch), device=DEVICE).repeat(2)
        forth = F.cross_entropy(scores, target, label_smoothing=0.02)
        back = sum(F.cross_entropy(s.T, target[: len(batch)], label_smoothing=0.02) for s in scores.chunk(2)) / 2
        loss = (forth + back) / 2
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running += loss.item()
        keep = min(0.998, step / (step + 20))
        with torch.no_grad():
            for mine, theirs in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
                if mine.dtype.is_floating_point:
                    mine.lerp_(theirs, 1 - keep)
        if step % report == 0:
            print(f"step {step} of {last}, {time.time() - start:.0f} s, loss {running / report:.3f}", flush=True)
            running = 0.0
        if step % check == 0 or step == last:
            trained = copy.deepcopy(average).cpu().eval()
            figures = ", ".join(f"{name} {mrr(trained, data_set):.4f}" for name, data_set in held_out.items())
            print(f"  MRR: {figures}", flush=True)
            torch.save(trained.state_dict(), folder / "encoder.new")
            (folder / "encoder.new").rename(folder / "encoder.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3000)
