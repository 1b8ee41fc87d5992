"""The networks that the package ships, read back into PyTorch, to train on from."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn

from model import DualEncoder, Tower
from references import ENCODERS


def _pairs(tower: Tower) -> list[tuple[nn.Module, nn.Module]]:
    """Convolutions and the normalisations that the exporter folded into them, in the graph's order."""
    groups = [tower.mel, tower.rows, tower.join]
    out = [(group[k], group[k + 1]) for group in groups for k in range(0, len(group), 3)]
    return out + [(block.convolution, block.norm) for block in tower.blocks]


def read_tower(path: Path) -> Tower:
    """A tower that answers as the ONNX file does. Its normalisations hold 0 and 1, since the
    convolutions have taken them in: it must be trained with them standing still."""
    values = {t.name.removesuffix("_16"): torch.from_numpy(numpy_helper.to_array(t).astype("float32")) for t in onnx.load(path).graph.initializer}
    tower = Tower()
    named = {name.removeprefix("tower."): value for name, value in values.items() if name.startswith("tower.")}
    tower.load_state_dict(named, strict=False)
    folded = [value for name, value in values.items() if not name.startswith("tower.")]
    pairs = _pairs(tower)
    if len(folded) != 2 * len(pairs):
        raise RuntimeError(f"Expected {2 * len(pairs)} weights of convolutions in {path} but found {len(folded)}")
    with torch.no_grad():
        for (convolution, norm), weight, bias in zip(pairs, folded[::2], folded[1::2], strict=True):
            convolution.weight.copy_(weight)
            norm.running_var.fill_(1 - norm.eps)
            norm.bias.copy_(bias)
    return tower.eval()


def read_package(folder: Path = ENCODERS) -> DualEncoder:
    """Both towers, from the ONNX files of a folder."""
    model = DualEncoder()
    model.item = read_tower(folder / "item_encoder.onnx")
    model.query = read_tower(folder / "query_encoder.onnx")
    return model.eval()
