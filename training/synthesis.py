"""Onomatopoeia, said by synthesisers of three makes: eSpeak NG (formants), Festival (diphones of real
speakers) and Flite (units and statistics), in many voices and languages."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kinds.words import Utterance, profile_of
from procedural import RATE, Rng
from sources import read

#: As they are written in no language in particular; each voice reads them in its own way.
_TEXTS = """
woof wow rrruff arf au miau meow mrrrau muuu mooo beee maaa oink grunt hrrr iaaa kikeriki kukuruku cucku tweet
piip tsiep tschilp twit kraah kroak quack ribbit zzz bzzz summm sss shhh psst fff hhh huuu wuuu wiii whoosh
wusch swish schhh swoosh tsss tsch pff pfff plop plitsch drip drop tip tap tropf platsch splash blub gluck
blub-blub glu-glu brrr brumm vroom wrumm tuck-tuck tuff tut tuuut honk meep beep biip bip bop bling ding dong
dingdong gong bong boing bang boom bumm wumm pow pang peng paf krach crash klirr clink clank kling klang krrr
ratsch ritsch kratz scrape rrrt ratatat rattatta tatata tick tock ticktack klick klack click clack snip tapp
knock toc tok pock tick puh ahh ohh uhh eee ooo ah-ah ha-ha hi-hi hehe hatschi achoo hust uhu uff wahh nnn mmm
hmm iuiu niinoo tatütata wee-oo nee-naw uiii oing wob wobwob dumdum dudu dada lala titi
"""
TEXTS = _TEXTS.split()
#: Things by their names: somebody who can't think of a noise says what it is, more or less.
_NAMES = "beep bell siren rain wind thunder dog cat car engine clock drum door bird whistle saw"
NAMES = _NAMES.split()

ESPEAK = [
    f"{language}{variant}"
    for language, variant in [
        ("en-us", "+m1"), ("en-us", "+f1"), ("en-us", "+croak"), ("en-us", "+whisper"), ("en-gb", "+m3"), ("en-gb", "+f4"),
        ("de", "+m2"), ("de", "+f2"), ("fr", "+m4"), ("fr", "+f3"), ("es", "+m5"), ("es", "+f5"), ("it", "+m6"), ("pt", "+f2"),
        ("pl", "+m7"), ("sv", "+f1"), ("fi", "+m1"), ("hu", "+f3"), ("tr", "+m2"), ("nl", "+f4"), ("ro", "+m3"), ("cs", "+f5"),
        ("hr", "+m8"), ("sw", "+klatt"), ("id", "+klatt2"), ("vi", "+klatt3"), ("eo", "+klatt4"), ("la", "+whisperf"),
    ]
]  # fmt: skip
FESTIVAL = {
    "kal": "voice_kal_diphone", "ked": "voice_ked_diphone", "lp": "voice_lp_diphone", "pc": "voice_pc_diphone",
    "lj": "voice_suo_fi_lj_diphone", "mv": "voice_hy_fi_mv_diphone", "dita": "voice_czech_dita", "slt": "voice_cmu_us_slt_arctic_hts",
}  # fmt: skip
FLITE = ["awb", "kal16", "rms", "slt"]
TEXTS_A_VOICE = 60


def _say(voice: str, texts: list[str], rng: Rng, scratch: Path) -> Iterator[tuple[str, Path]]:
    maker, name = voice.split("-", 1)
    if maker == "festival":
        # One start for all of them: it is the slowest part.
        script = scratch / "say.scm"
        files = [scratch / f"said_{k}.wav" for k in range(len(texts))]
        lines = [f"({FESTIVAL[name]})"]
        lines += [f'(utt.save.wave (utt.synth (Utterance Text "{t}")) "{f}" \'riff)' for t, f in zip(texts, files, strict=True)]
        script.write_text("\n".join(lines), encoding="latin-1", errors="replace")
        subprocess.run(["festival", "--batch", script], check=True, capture_output=True)
        yield from zip(texts, files, strict=True)
        return
    for text in texts:
        file = scratch / "said.wav"
        if maker == "espeak":
            speed, pitch = int(rng.integers(90, 200)), int(rng.integers(20, 90))
            command = ["espeak-ng", "-v", name, "-s", str(speed), "-p", str(pitch), "-w", file, text]
        else:
            command = ["flite", "-voice", name, "--setf", f"duration_stretch={rng.uniform(0.8, 1.6):.2f}", "-t", text, "-o", file]
        subprocess.run(command, check=True, capture_output=True)
        yield text, file


def speakers() -> list[str]:
    """Names of all voices, the synthesiser first."""
    return [f"espeak-{v}" for v in ESPEAK] + [f"festival-{v}" for v in FESTIVAL] + [f"flite-{v}" for v in FLITE]


def said(scratch: Path, rng: Rng) -> list[Utterance]:
    """A bank of words; what came out silent or longer than 3 s is left out."""
    scratch.mkdir(parents=True, exist_ok=True)
    out = []
    for voice in speakers():
        texts = [TEXTS[i] for i in rng.permutation(len(TEXTS))[:TEXTS_A_VOICE]]
        texts += [NAMES[i] for i in rng.permutation(len(NAMES))[:4]]
        before = len(out)
        for text, file in _say(voice, texts, rng, scratch):
            samples = read(file, 3) if file.exists() else None
            file.unlink(missing_ok=True)
            if samples is not None and len(samples) > 0.06 * RATE and np.std(samples) > 1e-3:
                heard = np.flatnonzero(np.abs(samples) > 0.02)
                samples = samples[heard[0] : heard[-1] + 1]
                out.append(Utterance(voice, text, samples, profile_of(samples)))
        if len(out) - before < TEXTS_A_VOICE // 2:
            raise RuntimeError(f"Expected {voice} to say {TEXTS_A_VOICE} words but found {len(out) - before}")
    return out
