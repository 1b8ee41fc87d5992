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
from model import DualEncoder, Tower, pooling


class WithPresence(nn.Module):
    """[batch, 1, 69, 200], the last row 1 where there is sound, to unit vectors."""

    def __init__(self, tower: Tower):
        super().__init__()
        self.tower = tower

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lengths = x[:, 0, -1].sum(1).round().long()
        return self.tower(x[:, 0, :-1], pooling(lengths))


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores large weights in 16 bits; they are cast to 32 when the network is loaded."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 64:
            continue
        values = numpy_helper.to_array(tensor).astype(np.float16)
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values, name + "_16"))
        casts.append(helper.make_node("Cast", [name + "_16"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.checker.check_model(model, full_check=True)
    return model


def main(folder: Path, target: Path) -> None:
    """Writes both towers of `folder/encoder.pt` into `target`, with weights of 16 bits."""
    model = DualEncoder()
    model.load_state_dict(torch.load(folder / "encoder.pt"))
    model.eval()
    sound = references.network_input(np.random.default_rng(1).normal(size=2 * features.RATE).astype(np.float32))
    for name in ("item", "query"):
        tower = WithPresence(getattr(model, name)).eval()
        example = torch.rand(2, 1, features.BANDS + features.ROWS + 1, features.MAX_FRAMES)
        path = folder / f"{name}_encoder.32bit.onnx"
        torch.onnx.export(
            tower, (example,), str(path), input_names=["sound"], output_names=["embedding"],
            dynamic_axes={"sound": {0: "batch"}, "embedding": {0: "batch"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        onnx.save(halve(onnx.load(path)), target / f"{name}_encoder.onnx")
        path.unlink()
        with torch.no_grad():
            expected = tower(torch.from_numpy(sound))[0].numpy()
        # Weights of 16 bits move an embedding by no more than this.
        assert np.abs(references.answers(name, sound, target) - expected).max() < 4e-3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--package", action="store_true", help="write into the package")
    options = parser.parse_args()
    main(options.folder, references.ENCODERS if options.package else options.folder)
    if options.package:
        references.main()
