"""Trains the encoder on what make_pairs.py made.

    python train.py WORK_FOLDER [--leave-out KIND] [--steps 3000] [--from package] [--batch 256]

With `--leave-out`, imitations of that kind are never heard, and what comes of it is written to
`left-out-KIND` in the work folder; kinds may be left out together, with commas between.
"""

from __future__ import annotations

import argparse
import copy
import pickle
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import shipped
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
    uniform = lambda low, high: low + (high - low) * torch.rand(batch, device=DEVICE)
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
    color = uniform(-0.12, 0.12)[:, None, None] * position + uniform(-0.1, 0.1)[:, None, None] * torch.cos(
        3.14 * uniform(0.5, 3)[:, None, None] * position + uniform(0, 6.28)[:, None, None]
    )
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


@dataclass
class Pairs:
    """All sounds, and imitations of each in the kinds that are heard."""

    families: list[str]
    items: Store
    queries: Store  # kind by kind, sound by sound
    kinds: list[str]
    of_each: int

    def imitations(self, rng: np.random.Generator, chosen: np.ndarray) -> list[np.ndarray]:
        """Indices of two imitations of each sound, of different kinds where there are two."""
        kinds = np.argsort(rng.random((len(chosen), len(self.kinds))), axis=1)
        first, second = kinds[:, 0], kinds[:, min(1, len(self.kinds) - 1)]
        take = rng.integers(0, self.of_each, (2, len(chosen)))
        return [(k * len(self.families) + chosen) * self.of_each + n for k, n in zip((first, second), take, strict=True)]


def read_pairs(folder: Path, left_out: list[str]) -> Pairs:
    """What make_pairs.py wrote, without some kinds."""
    with open(folder / "pairs.pickle", "rb") as file:
        data = pickle.load(file)
    unknown = set(left_out) - data["queries"].keys()
    if unknown:
        raise SystemExit(f"Expected kinds of {', '.join(data['queries'])} but found {', '.join(sorted(unknown))}")
    kinds = [k for k in data["queries"] if k not in left_out]
    clips = [clip for kind in kinds for of_sound in data["queries"][kind] for clip in of_sound]
    return Pairs(data["families"], Store(data["items"]), Store(clips), kinds, len(data["queries"][kinds[0]][0]))


class Batches:
    """Sounds for a step, so many of a family at a time: they must be told apart from their like."""

    def __init__(self, families: list[str], size: int, rng: np.random.Generator):
        by_family: dict[str, list[int]] = {}
        for k, family in enumerate(families):
            by_family.setdefault(family, []).append(k)
        self.members = [np.array(m) for m in by_family.values()]
        self.chance = np.sqrt([len(m) for m in self.members])
        self.chance /= self.chance.sum()
        self.size, self.rng = min(size, len(families)), rng

    def next(self) -> np.ndarray:
        chosen: list[int] = []
        while len(chosen) < self.size:
            family = self.members[self.rng.choice(len(self.members), p=self.chance)]
            chosen += [int(i) for i in self.rng.permutation(family)[:A_FAMILY] if int(i) not in chosen]
        return np.array(chosen[: self.size])


def hear(pairs: Pairs, batch: np.ndarray, rng: np.random.Generator) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Inputs and lengths of the sounds and of two imitations of each, cut and augmented."""
    sounds, sound_lengths = pairs.items.take(batch)
    # People stop early: sounds and imitations are cut alike, as the library compares them.
    uniform = torch.rand(2, len(batch), device=DEVICE)
    part = torch.where(uniform[0] < 0.5, 0.35 + 0.65 * uniform[1], 1.0)
    a, a_lengths = augment(*cut(sounds, sound_lengths, part), 0.5)
    inputs, lengths = [a], [a_lengths]
    for indices in pairs.imitations(rng, batch):
        x, n = pairs.queries.take(indices)
        # Now and then the sound itself asks: it must find itself.
        same = torch.rand(len(batch), device=DEVICE) < 0.05
        x = torch.where(same[:, None, None], sounds, x)
        n = torch.where(same, sound_lengths, n)
        nearly = part * torch.where(part < 1, torch.exp(0.08 * torch.randn_like(part)), 1.0)
        x, n = augment(*cut(x, n, nearly.clamp(max=1.0)), 1.0)
        inputs.append(x)
        lengths.append(n)
    return inputs, lengths


def contrast(query: torch.Tensor, item: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """InfoNCE in both directions, of two imitations of each sound [2 · batch, d] and the sounds [batch, d]."""
    scores = (query @ item.T) * scale.exp().clamp(max=60)
    target = torch.arange(len(item), device=item.device)
    forth = F.cross_entropy(scores, target.repeat(2), label_smoothing=0.02)
    back = sum(F.cross_entropy(s.T, target, label_smoothing=0.02) for s in scores.chunk(2)) / 2
    return (forth + back) / 2


def still(model: nn.Module) -> None:
    """Keeps normalisations as they are, and trains the rest."""
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.eval()


def figures(model: DualEncoder, sets: dict[str, object], left_out: list[str]) -> str:
    """MRR of the encoder alone on each held-out set; what was left out is in brackets."""
    found = {name: mrr(model, data_set) for name, data_set in sets.items()}
    shown = [f"[{name} {x:.4f}]" if name in left_out else f"{name} {x:.4f}" for name, x in found.items()]
    return ", ".join(shown)


def main(folder: Path, options: argparse.Namespace) -> None:
    """Trains, and writes `encoder.pt` with the running average of the weights at each check."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    left_out = [k for k in options.leave_out.split(",") if k]
    pairs = read_pairs(folder, left_out)
    target = folder / ("left-out-" + "-".join(left_out)) if left_out else folder
    target.mkdir(exist_ok=True)
    batches = Batches(pairs.families, options.batch, rng)
    held_out = held_out_sets(folder)
    starts_trained = options.start is not None
    model = (shipped.read_package() if starts_trained else DualEncoder()).to(DEVICE)
    model.train()
    if starts_trained:
        print(f"  MRR before: {figures(copy.deepcopy(model).cpu().eval(), held_out, left_out)}", flush=True)
        with torch.no_grad():
            model.scale.fill_(3.3)
    average = copy.deepcopy(model)
    rate = options.rate or (RATE / 5 if starts_trained else RATE)
    optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, options.steps, pct_start=0.08)
    last = options.steps if starts_trained else int(TAKEN * options.steps)
    report, check = max(1, last // 30), max(1, last // 6)
    start, running = time.time(), 0.0
    print(f"{len(pairs.families)} sounds, kinds: {', '.join(pairs.kinds)}; on {DEVICE}", flush=True)
    for step in range(1, last + 1):
        still(model) if starts_trained else model.train()
        inputs, lengths = hear(pairs, batches.next(), rng)
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=DEVICE == "cuda"):
            item = model.item(inputs[0], pooling(lengths[0]))
            query = model.query(torch.cat(inputs[1:]), pooling(torch.cat(lengths[1:])))
        loss = contrast(query, item, model.scale)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running += loss.item()
        keep = min(options.keep, step / (step + 20))
        with torch.no_grad():
            for mine, theirs in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
                if mine.dtype.is_floating_point:
                    mine.lerp_(theirs, 1 - keep)
        if step % report == 0:
            print(f"step {step} of {last}, {time.time() - start:.0f} s, loss {running / report:.3f}", flush=True)
            running = 0.0
        if step % check == 0 or step == last:
            trained = copy.deepcopy(average).cpu().eval()
            print(f"  MRR: {figures(trained, held_out, left_out)}", flush=True)
            torch.save(trained.state_dict(), target / "encoder.new")
            (target / "encoder.new").rename(target / "encoder.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--leave-out", default="", metavar="KIND[,KIND…]", help="kinds that are never heard")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=ITEMS_A_BATCH, help="sounds of a step")
    parser.add_argument("--from", dest="start", choices=["package"], help="train on from the networks of the package")
    parser.add_argument("--rate", type=float, help="the highest learning rate")
    parser.add_argument("--keep", type=float, default=0.998, help="how much of the running average a step keeps")
    parsed = parser.parse_args()
    main(parsed.work, parsed)
