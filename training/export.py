"""Writes the trained towers as ONNX files, and what they answer to sounds, for the tests.

    python export.py WORK_FOLDER
"""

from __future__ import annotations

import sys
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


def main(folder: Path) -> None:
    model = DualEncoder()
    model.load_state_dict(torch.load(folder / "encoder.pt"))
    model.eval()
    sound = references.network_input(np.random.default_rng(1).normal(size=2 * features.RATE).astype(np.float32))
    for name in ("item", "query"):
        tower = WithPresence(getattr(model, name)).eval()
        example = torch.rand(2, 1, features.BANDS + features.ROWS + 1, features.MAX_FRAMES)
        path = folder / f"{name}_encoder.onnx"
        torch.onnx.export(
            tower, (example,), str(path), input_names=["sound"], output_names=["embedding"],
            dynamic_axes={"sound": {0: "batch"}, "embedding": {0: "batch"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        onnx.save(halve(onnx.load(path)), references.ENCODERS / path.name)
        with torch.no_grad():
            expected = tower(torch.from_numpy(sound))[0].numpy()
        # Weights of 16 bits move an embedding by no more than this.
        assert np.abs(references.answers(name, sound) - expected).max() < 4e-3
    references.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
