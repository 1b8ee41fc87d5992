"""Makes one encoder of several that were trained by themselves.

    python combine.py FOLDER ENCODER.pt… --pairs WORK_FOLDER

What they say of a sound is put one behind the other, and brought down to 256 numbers again by the
principal directions of what they say of sounds and imitations of the training (K. Pearson, 1901): nearly
all of the products between vectors is in those. Writes `FOLDER/encoder.pt`.
"""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path

import numpy as np
import torch

from model import EMBEDDING, DualEncoder, load, save
from train import DEVICE, Store

#: So many clips of each sort are looked at.
CLIPS = 1500


@torch.no_grad()
def moments(towers: list[torch.nn.Module], clips: list[np.ndarray]) -> torch.Tensor:
    """Mean products of what towers say of clips, one behind the other [256 · towers, 256 · towers]."""
    store = Store(clips)
    heard = (store.take(chunk) for chunk in torch.arange(len(clips), device=DEVICE).split(64))
    said = [torch.cat([tower(x, n[:, None])[:, 0] for tower in towers], 1) for x, n in heard]
    all_said = torch.cat(said)
    return (all_said.T @ all_said / len(all_said)).cpu()


def main(folder: Path, paths: list[Path], pairs: Path) -> None:
    """Writes the encoder, and prints what part of the vectors' energy is kept."""
    members = [load(path).to(DEVICE) for path in paths]
    if not all(isinstance(m, DualEncoder) for m in members):
        raise SystemExit("Expected encoders that train.py has written but found one that is combined already")
    parts = [pickle.loads(p.read_bytes()) for p in sorted(pairs.glob("pairs-[0-9]*.pickle"))[:3]]
    items = [clip for part in parts for clip in part["items"]]
    queries = [clip for part in parts for of_kind in part["queries"].values() for made in of_kind for clip in made]
    some = lambda clips: [clips[k] for k in np.random.default_rng(1).permutation(len(clips))[:CLIPS]]
    both = moments([m.item for m in members], some(items)) + moments([m.query for m in members], some(queries))
    energy, directions = torch.linalg.eigh(both.double())
    projection = directions.flip(1)[:, :EMBEDDING].float()
    print(f"{100 * energy.flip(0)[:EMBEDDING].sum() / energy.sum():.2f} % kept")
    save({"members": [m.content() for m in members], "projection": projection}, folder / "encoder.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("encoders", type=Path, nargs="+")
    parser.add_argument("--pairs", type=Path, required=True, metavar="WORK_FOLDER", help="where make_pairs.py wrote")
    parsed = parser.parse_args()
    parsed.folder.mkdir(exist_ok=True)
    main(parsed.folder, parsed.encoders, parsed.pairs)
