"""Trains the encoder on what make_pairs.py made.

    python train.py WORK_FOLDER [--leave-out KIND] [--steps 3500 | --seconds N] [--set NAME=VALUE…]

With `--leave-out`, imitations of that kind are never heard, and what comes of it is written to
`left-out-KIND` in the work folder; kinds may be left out together, with commas between.
"""

from __future__ import annotations

import argparse
import copy
import json
import pickle
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from features import BANDS, MAX_FRAMES
from measure import PRICE, held_out_sets, mrr
from model import DualEncoder, part_of, presence, save

#: Of the steps that the rate is scheduled over, so many are taken: what comes after helps with sounds
#: that are made up, and no more with recorded ones.
TAKEN = 0.75
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


#: The sizes of the small network.
SMALL = {"width": 192, "channels": (12, 32, 48), "dilations": (1, 2, 4, 1), "hidden": 320, "normalized": False, "spread": False}


@dataclass
class Recipe:
    """What a training is like; `training/README.md` has what other values came to."""

    batch: int = 256  # sounds of a step
    of_family: int = 8  # and of them, so many of a family: they must be told apart from their like
    rate: float = 1.5e-3
    decay: float = 0.02
    width: int = 256
    small: bool = False  # a network of half the size, that hears bands as they are
    beginnings: int = 2  # of an item, that a query may be about beside the whole
    price: float = PRICE  # of what a beginning leaves out, in cosines
    kinship: float = 0.3  # what it counts that two imitations of a sound, of two kinds, are alike
    strength: float = 1.5  # of what is done to imitations' inputs
    drop: float = 0.2  # how often each row, or all timbre, is missing from an imitation
    keep: float = 0.998  # how much of the running average of weights a step keeps


class Store:
    """Clips of different lengths in one array of bytes."""

    def __init__(self, clips: list[np.ndarray]):
        self.lengths = torch.tensor([c.shape[1] for c in clips], device=DEVICE)
        self.starts = torch.cumsum(self.lengths, 0) - self.lengths
        self.values = torch.from_numpy(np.ascontiguousarray(np.concatenate(clips, 1).T)).to(DEVICE)

    def take(self, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs [batch, 68, 200], zero after the end, and lengths."""
        lengths = self.lengths[chosen]
        frame = torch.arange(MAX_FRAMES, device=DEVICE)
        inside = frame[None] < lengths[:, None]
        at = torch.where(inside, self.starts[chosen][:, None] + frame, 0)
        x = self.values[at].float() / 255
        x[:, :, BANDS:] = 2 * x[:, :, BANDS:] - 1
        return (x * inside[:, :, None]).transpose(1, 2).contiguous(), lengths


def augment(x: torch.Tensor, lengths: torch.Tensor, strength: float, drop: float = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Shifts along frequency, other tempo, another room's colour, noise, and parts that are missing;
    differently for each clip."""
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
    if drop:
        rows = rows * (torch.rand(batch, rows.shape[1], 1, device=DEVICE) >= drop)
        # A voice that has no timbre to give: all bands alike.
        mel = torch.where((uniform(0, 1) < drop)[:, None, None], mel.mean(1, keepdim=True), mel)
    return torch.cat([mel.clamp(0, 1), rows], 1) * presence(lengths)[:, None], lengths


def cut(x: torch.Tensor, lengths: torch.Tensor, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The beginnings of clips, as they are heard by themselves: relative to the loudest that is left."""
    lengths = part_of(lengths, part)
    x = x * presence(lengths)[:, None]
    mel, loudness, others = x[:, :BANDS], x[:, BANDS : BANDS + 1], x[:, BANDS + 1 :]
    raised = [torch.where(y > 0, y + 1 - y.amax((1, 2), keepdim=True), 0) for y in (mel, loudness)]
    return torch.cat([*raised, others], 1), lengths


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
    parts = [pickle.loads(p.read_bytes()) for p in sorted(folder.glob("pairs-[0-9]*.pickle"))]
    if not parts:
        raise SystemExit(f"Expected pairs-*.pickle in {folder} but found none: make_pairs.py makes them")
    families, items, queries = [], [], {kind: [] for kind in parts[0]["queries"]}
    for part in parts:
        families += part["families"]
        items += part["items"]
        for kind, made in part["queries"].items():
            queries[kind] += made
    unknown = set(left_out) - queries.keys()
    if unknown:
        raise SystemExit(f"Expected kinds of {', '.join(queries)} but found {', '.join(sorted(unknown))}")
    kinds = [k for k in queries if k not in left_out]
    clips = [clip for kind in kinds for of_sound in queries[kind] for clip in of_sound]
    return Pairs(families, Store(items), Store(clips), kinds, len(queries[kinds[0]][0]))


class Batches:
    """Sounds for a step, so many of a family at a time."""

    def __init__(self, families: list[str], recipe: Recipe, rng: np.random.Generator):
        by_family: dict[str, list[int]] = {}
        for k, family in enumerate(families):
            by_family.setdefault(family, []).append(k)
        self.members = [np.array(m) for m in by_family.values()]
        self.chance = np.sqrt([len(m) for m in self.members])
        self.chance /= self.chance.sum()
        self.size, self.of_family, self.rng = min(recipe.batch, len(families)), recipe.of_family, rng

    def next(self) -> np.ndarray:
        chosen: dict[int, None] = {}
        while len(chosen) < self.size:
            family = self.members[self.rng.choice(len(self.members), p=self.chance)]
            chosen.update(dict.fromkeys(self.rng.permutation(family)[: self.of_family].tolist()))
        return np.array(list(chosen)[: self.size])


@dataclass
class Heard:
    """What a step hears."""

    items: torch.Tensor  # [batch, 68, 200]
    item_lengths: torch.Tensor  # the wholes, and beginnings of them [batch, views]
    left_out: torch.Tensor  # what a view leaves out, as a part of the whole [batch, views]
    queries: torch.Tensor  # two imitations of each: all first ones, then all second ones [2 · batch, 68, 200]
    query_lengths: torch.Tensor  # [2 · batch, 1]


def hear(pairs: Pairs, batch: np.ndarray, rng: np.random.Generator, recipe: Recipe) -> Heard:
    """The sounds and two imitations of each, cut and augmented."""
    on_device = lambda indices: torch.from_numpy(indices).to(DEVICE, non_blocking=True)
    sounds, sound_lengths = pairs.items.take(on_device(batch))
    # People stop early: some imitations are cut, and about as much of the sound is among its views.
    uniform = torch.rand(3, len(batch), device=DEVICE)
    part = 0.3 + 0.65 * uniform[0]
    whole = uniform[1] < 0.5
    others = 0.3 + 0.65 * torch.rand(max(0, recipe.beginnings - 1), len(batch), device=DEVICE)
    items, item_lengths = augment(sounds, sound_lengths, 0.5)
    views = [item_lengths]
    if recipe.beginnings:
        views += [part_of(item_lengths, p) for p in (part, *others)]
    queries, query_lengths = [], []
    for indices in pairs.imitations(rng, batch):
        x, n = pairs.queries.take(on_device(indices))
        # Now and then the sound itself asks: it must find itself.
        same = torch.rand(len(batch), device=DEVICE) < 0.05
        x = torch.where(same[:, None, None], sounds, x)
        n = torch.where(same, sound_lengths, n)
        nearly = torch.where(whole, 1.0, (part * torch.exp(0.08 * torch.randn_like(part))).clamp(max=1.0))
        x, n = augment(*cut(x, n, nearly), recipe.strength, recipe.drop)
        queries.append(x)
        query_lengths.append(n)
    lengths = torch.stack(views, 1)
    return Heard(items, lengths, 1 - lengths / lengths[:, :1], torch.cat(queries), torch.cat(query_lengths)[:, None])


def losses(query: torch.Tensor, item: torch.Tensor, left_out: torch.Tensor, scale: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """InfoNCE in both directions, of two imitations of each sound [2 · batch, d] and the sounds' views
    [batch, views, d], the best of which counts; and of the first imitations and the second."""
    sharp = scale.exp().clamp(max=60)
    scores = torch.einsum("qd,ivd->qiv", query, item) - recipe.price * left_out
    scores = sharp * scores.amax(2)
    target = torch.arange(len(item), device=item.device)
    forth = F.cross_entropy(scores, target.repeat(2), label_smoothing=0.02)
    back = sum(F.cross_entropy(s.T, target, label_smoothing=0.02) for s in scores.chunk(2)) / 2
    loss = (forth + back) / 2
    if recipe.kinship:
        first, second = query.chunk(2)
        akin = sharp * (first @ second.T)
        both = F.cross_entropy(akin, target, label_smoothing=0.02) + F.cross_entropy(akin.T, target, label_smoothing=0.02)
        loss = loss + recipe.kinship * both / 2
    return loss


def rate_at(progress: float) -> float:
    """What the rate is of its highest: up for 8 % of the way, then down along a cosine."""
    rising = 0.08
    if progress < rising:
        return 0.04 + 0.96 * (1 - np.cos(np.pi * progress / rising)) / 2
    return (1 + np.cos(np.pi * (progress - rising) / (1 - rising))) / 2


def figures(model: DualEncoder, sets: dict[str, object], left_out: list[str]) -> str:
    """MRR of the encoder alone on each held-out set; what was left out is in brackets."""
    found = {name: mrr(model, data_set) for name, data_set in sets.items()}
    shown = [f"[{name} {x:.4f}]" if name in left_out else f"{name} {x:.4f}" for name, x in found.items()]
    unheard = [x for name, x in found.items() if name in left_out]
    return ", ".join(shown) + (f"; mean of what was left out {np.mean(unheard):.4f}" if unheard else "")


def main(folder: Path, options: argparse.Namespace, recipe: Recipe) -> None:
    """Trains, and writes `encoder.pt` with the running average of the weights at each check."""
    torch.manual_seed(options.seed)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    rng = np.random.default_rng(options.seed)
    left_out = [k for k in options.leave_out.split(",") if k]
    target = options.to or (folder / ("left-out-" + "-".join(left_out)) if left_out else folder)
    target.mkdir(exist_ok=True)
    pairs = read_pairs(folder, left_out)
    batches = Batches(pairs.families, recipe, rng)
    held_out = held_out_sets(folder)
    model = DualEncoder(**(SMALL if recipe.small else {"width": recipe.width})).to(DEVICE)
    for tower in (model.item, model.query):
        # Half of a step's time goes to these layers where channels are not side by side. Before anything
        # refers to the weights: this gives them another place in memory.
        tower.mel.to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    mine, theirs = ([x for x in m.state_dict().values() if x.dtype.is_floating_point] for m in (average, model))
    optimizer = torch.optim.AdamW(model.parameters(), recipe.rate, weight_decay=recipe.decay, fused=DEVICE == "cuda")
    print(f"{len(pairs.families)} sounds, kinds: {', '.join(pairs.kinds)}; on {DEVICE}; {json.dumps(asdict(recipe))}", flush=True)
    start, running, step, reports, progress = time.time(), torch.zeros((), device=DEVICE), 0, 0, 0.0
    while progress < 1:
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * rate_at(TAKEN * progress)
        heard = hear(pairs, batches.next(), rng, recipe)
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=DEVICE == "cuda"):
            item = model.item(heard.items, heard.item_lengths)
            query = model.query(heard.queries, heard.query_lengths)[:, 0]
        loss = losses(query, item, heard.left_out, model.scale, recipe)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        running += loss.detach()
        step += 1
        if step == 3:
            start = time.time()  # what is loaded at the first steps is not counted
        with torch.no_grad():
            torch._foreach_lerp_(mine, theirs, 1 - min(recipe.keep, step / (step + 20)))
        if options.seconds and DEVICE == "cuda" and step % 8 == 0:
            torch.cuda.synchronize()  # the clock must not run ahead of the work
        progress = (time.time() - start) / options.seconds if options.seconds else step / options.steps
        if progress >= min(1, (reports + 1) / 10):
            reports = int(10 * progress)
            seconds = time.time() - start
            print(f"step {step}, {seconds:.0f} s, {1000 * seconds / step:.1f} ms a step, loss {running.item() / step:.3f}", flush=True)
            if reports in (5, 10) or progress >= 1:
                trained = copy.deepcopy(average).eval()
                print(f"  MRR: {figures(trained, held_out, left_out)}", flush=True)
                save(trained.content(), target / "encoder.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--leave-out", default="", metavar="KIND[,KIND…]", help="kinds that are never heard")
    parser.add_argument("--steps", type=int, default=3500)
    parser.add_argument("--seconds", type=float, help="as many steps as can be taken in this time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--to", type=Path, help="where the encoder is written")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another recipe: " + ", ".join(f.name for f in fields(Recipe)))
    parsed = parser.parse_args()
    changes = dict(change.split("=") for change in parsed.set)
    types = {f.name: type(f.default) for f in fields(Recipe)}
    main(parsed.work, parsed, Recipe(**{k: types[k](float(v)) for k, v in changes.items()}))
