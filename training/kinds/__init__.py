"""Kinds of imitation: programs that imitate a sound as people might, sharing as little as they can.

All of them take a random generator, the sound and a cast of voices, and return samples at 16 kHz
before any room or microphone. A kind that is left out of training says how the encoder does with
people, who are a kind that it never heard either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

import imitate
from kinds import breath, errors, growl, percussion, whistle, words
from procedural import Rng


@dataclass
class Cast:
    """Who imitates: speakers, and what synthesisers say."""

    voices: list[imitate.Voice]
    bank: list[words.Utterance] = field(default_factory=list)

    def voice(self, rng: Rng, speaks: bool = False) -> imitate.Voice:
        chosen = [v for v in self.voices if v.clips] if speaks else self.voices
        return chosen[rng.integers(len(chosen))]


Kind = Callable[[Rng, np.ndarray, Cast], np.ndarray]


def _follower(style: str) -> Kind:
    """One of the kinds that are made of a voice's spectral envelopes or of its recordings."""

    def kind(rng: Rng, sound: np.ndarray, cast: Cast) -> np.ndarray:
        heard = errors.mishear(rng, imitate.listen(sound))
        return imitate.STYLES[style](rng, heard, cast.voice(rng, style == "spoken"))

    return kind


KINDS: dict[str, Kind] = {
    "tight": _follower("tight"),
    "loose": _follower("loose"),
    "spoken": _follower("spoken"),
    "words": lambda rng, sound, cast: words.imitate(rng, sound, cast.bank),
    "whistle": lambda rng, sound, _: whistle.imitate(rng, sound),
    "breath": lambda rng, sound, _: breath.imitate(rng, sound),
    "percussion": lambda rng, sound, _: percussion.imitate(rng, sound),
    "growl": lambda rng, sound, _: growl.imitate(rng, sound),
}


def imitation(rng: Rng, kind: str, sound: np.ndarray, cast: Cast, slips: bool = True) -> np.ndarray:
    """A recording of somebody who imitates a sound in one of the `KINDS` [samples at 16 kHz].

    With `slips`, what people do wrong is in it; without, the kind's own vagueness only.
    """
    remembered = errors.misremember(rng, sound) if slips else sound
    out = KINDS[kind](rng, remembered, cast)
    return imitate.record(rng, errors.breathe(rng, out) if slips else out)
