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
from measure import BEGINNINGS

#: The parts of a sound that the networks embed, from the whole down.
VIEWS = {"item": len(BEGINNINGS), "query": 1}
PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / "data" / "qvim-mini"
ENCODERS = PROJECT / "lib" / "models" / "vocal_search"


def network_input(samples: np.ndarray, kind: str) -> np.ndarray:
    """One sound as the networks take it [1, 1, 68 + views, 200]; the last rows are 1 where a view holds sound:
    a query's one, or the whole of an item and its beginnings."""
    analysis = features.analyze(samples)
    x = features.encoder_input(analysis)
    height, count = x.shape[0], len(analysis)
    padded = np.zeros((1, 1, height + VIEWS[kind], features.MAX_FRAMES), np.float32)
    padded[0, 0, :height, : x.shape[1]] = x
    for view, part in enumerate(BEGINNINGS[: VIEWS[kind]]):
        end = max(min(count, features.SHORTEST), int(part * count + 0.5))
        padded[0, 0, height + view, : (end + features.STEP - 1) // features.STEP] = 1
    return padded


def answers(kind: str, sound: np.ndarray, folder: Path = ENCODERS) -> np.ndarray:
    """The embeddings [views · 256] of one `network_input`."""
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
            name, sound = file.relative_to(DATA).as_posix(), network_input(samples, kind)
            inputs[name] = in_16_bits(sound)
            outputs[kind][name] = answers(kind, sound).tolist()
    for name, content in {"inputs": inputs, "outputs": outputs}.items():
        (PROJECT / "tests" / "fixtures" / f"encoder_{name}.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
