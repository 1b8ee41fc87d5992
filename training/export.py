"""Writes the trained towers as ONNX files.

python export.py FOLDER              # beside FOLDER/encoder.pt
python export.py FOLDER --package    # into the package, with what the tests hold it to
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import features
import references
from model import EMBEDDING, Together, Tower, load


class WithPresence(nn.Module):
    """[batch, 1, 68 + views, 200], a row for each view that is 1 where it holds sound, the whole first, to
    unit vectors one behind the other [batch, views · 256]."""

    def __init__(self, tower: Tower | Together):
        super().__init__()
        self.tower = tower

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height = features.BANDS + features.ROWS
        lengths = x[:, 0, height:].sum(2).round().long()
        return self.tower(x[:, 0, :height], lengths).flatten(1)


def shrink(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores large weights in 8 bits, each row to a scale of its own; numbers are made of them when the
    network is loaded."""
    nodes = []
    for tensor in list(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 1024:
            continue
        values = numpy_helper.to_array(tensor)
        name, others = tensor.name, tuple(range(1, values.ndim))
        scale = np.maximum(np.abs(values).max(others, keepdims=True) / 127, 1e-12).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(np.round(values / scale).astype(np.int8), name + "_8"))
        model.graph.initializer.append(numpy_helper.from_array(scale, name + "_scale"))
        nodes.append(helper.make_node("Cast", [name + "_8"], [name + "_cast"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [name + "_cast", name + "_scale"], [name]))
    for node in reversed(nodes):
        model.graph.node.insert(0, node)
    onnx.checker.check_model(model, full_check=True)
    return model


def main(folder: Path, target: Path) -> None:
    """Writes both towers of `folder/encoder.pt` into `target`, with weights of 8 bits."""
    model = load(folder / "encoder.pt")
    samples = np.random.default_rng(1).normal(size=2 * features.RATE).astype(np.float32)
    for name in ("item", "query"):
        tower = WithPresence(getattr(model, name)).eval()
        example = torch.rand(2, 1, features.BANDS + features.ROWS + references.VIEWS[name], features.MAX_FRAMES)
        path = folder / f"{name}_encoder.32bit.onnx"
        torch.onnx.export(
            tower, (example,), str(path), input_names=["sound"], output_names=["embedding"],
            dynamic_axes={"sound": {0: "batch", 2: "rows"}, "embedding": {0: "batch"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        onnx.save(shrink(onnx.load(path)), target / f"{name}_encoder.onnx")
        path.unlink()
        sound = references.network_input(samples, name)
        with torch.no_grad():
            expected = tower(torch.from_numpy(sound))[0].numpy()
        # Weights of 8 bits turn an embedding by no more than this.
        cosines = (references.answers(name, sound, target) * expected).reshape(-1, EMBEDDING).sum(1)
        assert cosines.min() > 0.999, cosines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--package", action="store_true", help="write into the package")
    options = parser.parse_args()
    main(options.folder, references.ENCODERS if options.package else options.folder)
    if options.package:
        references.main()
