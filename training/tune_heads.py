"""Trains the heads alone on from the networks of the package: what a processor can do in minutes.

    python tune_heads.py WORK_FOLDER [--leave-out KIND[,KIND…]] [--steps 1500]

What the convolutions make of all sounds and imitations is computed once, in several views (cut and
augmented as in `train.py`), and kept in the work folder.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import shipped
from measure import DataSet, held_out_sets
from model import DualEncoder, Tower, pooling
from train import Batches, Pairs, augment, contrast, cut, read_pairs

CHUNK = 64


@torch.no_grad()
def _pool(tower: Tower, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    parts = zip(x.split(CHUNK), lengths.split(CHUNK), strict=True)
    return torch.cat([tower.pooled(part, pooling(n)).half() for part, n in parts])


def view(model: DualEncoder, pairs: Pairs, whole: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Of sounds [sounds, d] and imitations [kinds, sounds, of each, d]: cut alike, unless `whole`."""
    count = len(pairs.families)
    part = torch.ones(count) if whole else 0.35 + 0.65 * torch.rand(count)
    sounds = []
    for chunk in torch.arange(count).split(CHUNK):
        sounds.append(_pool(model.item, *augment(*cut(*pairs.items.take(chunk.numpy()), part[chunk]), 0.5)))
    imitations = []
    for chunk in torch.arange(len(pairs.queries.lengths)).split(CHUNK):
        own = part[chunk // pairs.of_each % count]
        nearly = (own * torch.where(own < 1, torch.exp(0.08 * torch.randn_like(own)), 1.0)).clamp(max=1.0)
        imitations.append(_pool(model.query, *augment(*cut(*pairs.queries.take(chunk.numpy()), nearly), 1.0)))
    return torch.cat(sounds), torch.cat(imitations).unflatten(0, (len(pairs.kinds), count, pairs.of_each))


def read_views(folder: Path, model: DualEncoder, pairs: Pairs, count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """So many views of all; every second one of wholes."""
    file = folder / "pooled.pt"
    if not file.exists():
        torch.manual_seed(1)
        start, views = time.time(), []
        for k in range(count):
            views.append(view(model, pairs, k % 2 == 0))
            print(f"view {k + 1} of {count}, {time.time() - start:.0f} s", flush=True)
        torch.save({"kinds": pairs.kinds, "views": views}, folder / "pooled.new")
        (folder / "pooled.new").rename(file)
    found = torch.load(file)
    if found["kinds"] != pairs.kinds or len(found["views"][0][0]) != len(pairs.families):
        raise SystemExit(f"Expected {file} to be made of these pairs but found others: remove it")
    return found["views"]


def pooled_sets(model: DualEncoder, sets: dict[str, DataSet]) -> dict[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Items, queries and targets of each set, as the heads are given them."""
    return {name: (_pool(model.item, s.items, s.item_lengths), _pool(model.query, s.queries, s.query_lengths), s.targets) for name, s in sets.items()}


@torch.no_grad()
def reciprocal_rank(heads: Heads, pooled: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> float:
    """MRR on a set of `pooled_sets`."""
    items, queries, targets = pooled
    scores = heads.query(queries.float()) @ heads.item(items.float()).T
    own = scores.gather(1, targets[:, None])
    return float((1 / (scores >= own).sum(1)).mean())


class Heads(nn.Module):
    """The last layers of both towers."""

    def __init__(self, model: DualEncoder, drop: float):
        super().__init__()
        self.heads = nn.ModuleDict({name: copy.deepcopy(getattr(model, name).head) for name in ("item", "query")})
        self.drop = nn.Dropout(drop)
        self.scale = nn.Parameter(torch.tensor(3.3))

    def item(self, pooled: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.heads["item"](self.drop(pooled)), dim=1)

    def query(self, pooled: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.heads["query"](self.drop(pooled)), dim=1)


def main(folder: Path, options: argparse.Namespace) -> None:
    """One run for each group of kinds that are left out."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    model = shipped.read_package()
    pairs = read_pairs(folder, [])
    views = read_views(folder, model, pairs, options.views)
    sets = pooled_sets(model, held_out_sets(folder))
    for left_out in options.leave_out.split("/"):
        tune(folder, model, pairs, views, sets, [k for k in left_out.split(",") if k], rng, options)


def tune(
    folder: Path, model: DualEncoder, pairs: Pairs, views: list[tuple[torch.Tensor, torch.Tensor]],
    sets: dict[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]], left_out: list[str], rng: np.random.Generator, options: argparse.Namespace,
) -> None:  # fmt: skip
    """Trains the heads without some kinds and writes `encoder.pt`."""
    kinds = [k for k, kind in enumerate(pairs.kinds) if kind not in left_out]
    heads = Heads(model, options.drop)
    before = {name: reciprocal_rank(heads.eval(), pooled) for name, pooled in sets.items()}
    first = copy.deepcopy(heads)
    optimizer = torch.optim.AdamW(heads.parameters(), options.rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, options.steps, pct_start=0.1)
    batches = Batches(pairs.families, options.batch, rng)
    start = time.time()
    for _ in range(options.steps):
        batch = batches.next()
        items, queries = views[rng.integers(len(views))]
        heads.train()
        item = heads.item(items[batch].float())
        chosen = rng.choice(kinds, (2, len(batch)))
        query = heads.query(torch.cat([queries[k, batch, rng.integers(0, pairs.of_each, len(batch))].float() for k in chosen]))
        loss = contrast(query, item, heads.scale)
        # Not far from where they came from.
        far = sum((p - q).square().sum() for p, q in zip(heads.heads.parameters(), first.heads.parameters(), strict=True))
        optimizer.zero_grad()
        (loss + options.pull * far).backward()
        optimizer.step()
        schedule.step()
    heads.eval()
    after = {name: reciprocal_rank(heads, pooled) for name, pooled in sets.items()}
    print(f"left out: {', '.join(left_out) or 'none'}; {options.steps} steps, {time.time() - start:.0f} s, loss {loss.item():.3f}")
    for name in sets:
        print(f"  {'*' if name in left_out else ' '} {name:11} {before[name]:.4f} -> {after[name]:.4f}", flush=True)
    tuned = copy.deepcopy(model)
    for name in ("item", "query"):
        getattr(tuned, name).head = heads.heads[name]
    target = folder / ("left-out-" + "-".join(left_out)) if left_out else folder
    target.mkdir(exist_ok=True)
    torch.save(tuned.state_dict(), target / "encoder.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--leave-out", default="", metavar="KIND[,KIND…][/…]", help="kinds that are never heard; further runs after a slash")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--drop", type=float, default=0.2)
    parser.add_argument("--pull", type=float, default=1e-4, help="how strongly the heads are held to where they began")
    parsed = parser.parse_args()
    main(parsed.work, parsed)
