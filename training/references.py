"""Writes tests/fixtures/encoder_outputs.json: what the package's ONNX files answer to sounds of qvim-mini,
with the features of `features.py`.

    python references.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile

import features

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / "data" / "qvim-mini"
ENCODERS = PROJECT / "lib" / "models" / "vocal_search"


def network_input(samples: np.ndarray) -> np.ndarray:
    """One sound as the networks take it [1, 1, 69, 200]; the last row is 1 where there is sound."""
    x = features.encoder_input(features.analyze(samples))
    n = x.shape[1]
    padded = np.zeros((1, 1, features.BANDS + features.ROWS + 1, features.MAX_FRAMES), np.float32)
    padded[0, 0, :-1, :n] = x
    padded[0, 0, -1, :n] = 1
    return padded


def answers(kind: str, sound: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(ENCODERS / f"{kind}_encoder.onnx"))
    return session.run(None, {session.get_inputs()[0].name: sound})[0][0]


def main() -> None:
    outputs: dict[str, dict[str, list[float]]] = {}
    for kind, folder in {"item": "Items", "query": "Queries"}.items():
        outputs[kind] = {}
        for file in sorted((DATA / folder).rglob("*.wav"))[:40:20]:
            samples, rate = soundfile.read(file, dtype="float32")
            assert rate == features.RATE and samples.ndim == 1
            outputs[kind][file.relative_to(DATA).as_posix()] = answers(kind, network_input(samples)).tolist()
    (PROJECT / "tests" / "fixtures" / "encoder_outputs.json").write_text(json.dumps(outputs) + "\n")


if __name__ == "__main__":
    main()
