"""MRR of the encoder alone on data sets in the challenge's layout.

python measure.py WORK_FOLDER DATA_SET...
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import features
import sources
from model import DualEncoder, pooling


@dataclass
class DataSet:
    items: torch.Tensor
    item_lengths: torch.Tensor
    queries: torch.Tensor
    query_lengths: torch.Tensor
    targets: torch.Tensor


def _inputs(paths: list[Path]) -> tuple[torch.Tensor, torch.Tensor]:
    out = torch.zeros(len(paths), features.BANDS + features.ROWS, features.MAX_FRAMES)
    lengths = torch.zeros(len(paths), dtype=torch.long)
    for k, path in enumerate(paths):
        x = torch.from_numpy(features.encoder_input(features.analyze(sources.read_whole(path))))
        out[k, :, : x.shape[1]] = x
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
    return DataSet(
        *_inputs([found[i] for i in items]), *_inputs([found[q] for q, _ in pairs]), torch.tensor([k for _, k in pairs])
    )  # fmt: skip


def held_out_sets(folder: Path) -> dict[str, DataSet]:
    """The sets that held_out.py has written, by kind."""
    return {p.name.removeprefix("held-out-"): read_set(p) for p in sorted(folder.glob("held-out-*")) if p.is_dir()}


@torch.no_grad()
def embeddings(model: DualEncoder, data: DataSet) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of queries [q, 256] and items [n, 256]."""
    item = model.item(data.items, pooling(data.item_lengths))
    query = torch.cat([model.query(x, pooling(n)) for x, n in zip(data.queries.split(64), data.query_lengths.split(64), strict=True)])
    return query.numpy(), item.numpy()


def mrr(model: DualEncoder, data: DataSet) -> float:
    """Mean reciprocal rank of the right items by cosine; of equals, the right one comes last."""
    query, item = embeddings(model, data)
    scores = query @ item.T
    own = scores[np.arange(len(scores)), data.targets.numpy()]
    return float(np.mean(1 / (scores >= own[:, None]).sum(1)))


if __name__ == "__main__":
    net = DualEncoder()
    net.load_state_dict(torch.load(Path(sys.argv[1]) / "encoder.pt"))
    net.eval()
    for name in sys.argv[2:]:
        print(f"{name}: MRR {mrr(net, read_set(Path(name))):.4f}")
