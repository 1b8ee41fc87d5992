"""Writes what the tests hold the package to, of sounds of qvim-mini: `tests/fixtures/encoder_inputs.json`,
what `features.py` makes of them, and `encoder_outputs.json`, what the ONNX files answer to that.

    python references.py
"""

from __future__ import annotations

import base64
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


def answers(kind: str, sound: np.ndarray, folder: Path = ENCODERS) -> np.ndarray:
    """The embedding [256] of one `network_input`."""
    session = onnxruntime.InferenceSession(str(folder / f"{kind}_encoder.onnx"))
    return session.run(None, {session.get_inputs()[0].name: sound})[0][0]


def in_16_bits(values: np.ndarray) -> str:
    """Values of -1 … 1 as 16-bit integers of their 32767ths, little-endian, in base 64."""
    return base64.b64encode(np.round(values * 32767).astype("<i2").tobytes()).decode()


def main() -> None:
    """Writes both fixtures."""
    inputs: dict[str, str] = {}
    outputs: dict[str, dict[str, list[float]]] = {}
    for kind, folder in {"item": "Items", "query": "Queries"}.items():
        outputs[kind] = {}
        for file in sorted((DATA / folder).rglob("*.wav"))[:40:20]:
            samples, rate = soundfile.read(file, dtype="float32")
            assert rate == features.RATE and samples.ndim == 1
            name, sound = file.relative_to(DATA).as_posix(), network_input(samples)
            inputs[name] = in_16_bits(sound)
            outputs[kind][name] = answers(kind, sound).tolist()
    for name, content in {"inputs": inputs, "outputs": outputs}.items():
        (PROJECT / "tests" / "fixtures" / f"encoder_{name}.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
