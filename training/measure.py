"""MRR of the encoder alone on data sets in the challenge's layout.

python measure.py WORK_FOLDER DATA_SET...
"""

from __future__ import annotations

import csv
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import features
import sources
from model import DualEncoder, Ensemble, load, part_of, save

#: The views of an item, and what a beginning must be better by for what it leaves out, in cosines.
BEGINNINGS, PRICE = (1, 0.7, 0.5, 0.42, 0.3), 0.13


@dataclass
class DataSet:
    items: torch.Tensor
    item_lengths: torch.Tensor
    queries: torch.Tensor
    query_lengths: torch.Tensor
    targets: torch.Tensor


def _input(path: Path) -> np.ndarray:
    return features.encoder_input(features.analyze(sources.read_whole(path)))


def _inputs(paths: list[Path], pool: ProcessPoolExecutor) -> tuple[torch.Tensor, torch.Tensor]:
    out = torch.zeros(len(paths), features.BANDS + features.ROWS, features.MAX_FRAMES)
    lengths = torch.zeros(len(paths), dtype=torch.long)
    for k, x in enumerate(pool.map(_input, paths, chunksize=8)):
        out[k, :, : x.shape[1]] = torch.from_numpy(x)
        lengths[k] = x.shape[1]
    return out, lengths


def read_set(root: Path) -> DataSet:
    """Encoder inputs of a data set in the challenge's layout [count, 68, 200], and each query's item."""
    rows = list(csv.reader((root / "DEV Dataset.csv").read_text().splitlines()))
    column = rows[1].index("Items")
    folder = root / "Items"
    if folder.is_file():  # a link, as Git writes it where links can't be made
        folder = root / folder.read_text().strip()
    found = {p.name: p for p in [*folder.rglob("*.wav"), *(root / "Queries").rglob("*.wav")]}
    items = [r[column] for r in rows[2:] if r[column]]
    pairs = [(q, k) for k, r in enumerate(r for r in rows[2:] if r[column]) for q in r[column + 1 :] if q]
    with ProcessPoolExecutor() as pool:
        return DataSet(
            *_inputs([found[i] for i in items], pool), *_inputs([found[q] for q, _ in pairs], pool),
            torch.tensor([k for _, k in pairs]),
        )  # fmt: skip


def held_out_sets(folder: Path) -> dict[str, DataSet]:
    """The sets that held_out.py has written, by kind; they are read but once."""
    kept = folder / "held-out.pt"
    if not kept.exists():
        sets = {p.name.removeprefix("held-out-"): read_set(p) for p in sorted(folder.glob("held-out-*")) if p.is_dir()}
        save(sets, kept)
    return torch.load(kept, weights_only=False)


@torch.no_grad()
def embeddings(model: DualEncoder | Ensemble, data: DataSet) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors of queries [q, 256] and of the views of items [n, views, 256]."""
    device = next(model.parameters()).device
    views = torch.stack([part_of(data.item_lengths, part) for part in BEGINNINGS], 1)
    through = lambda tower, inputs, lengths: torch.cat([tower(x.to(device), n.to(device)) for x, n in zip(inputs.split(64), lengths.split(64), strict=True)])
    return through(model.query, data.queries, data.query_lengths[:, None])[:, 0], through(model.item, data.items, views)


def mrr(model: DualEncoder | Ensemble, data: DataSet) -> float:
    """Mean reciprocal rank of the right items by cosine; of equals, the right one comes last."""
    query, item = (x.cpu().numpy() for x in embeddings(model, data))
    price = PRICE * (1 - np.array(BEGINNINGS))
    scores = (np.einsum("qd,nvd->qnv", query, item) - price).max(2)
    own = scores[np.arange(len(scores)), data.targets.numpy()]
    return float(np.mean(1 / (scores >= own[:, None]).sum(1)))


if __name__ == "__main__":
    net = load(Path(sys.argv[1]) / "encoder.pt")
    for name in sys.argv[2:]:
        print(f"{name}: MRR {mrr(net, read_set(Path(name))):.4f}")
