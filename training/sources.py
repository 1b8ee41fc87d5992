"""Recorded sounds and voices, out of Debian packages, and spoken and played ones.

python sources.py        # prints what apt offers now, in the form of sources.lock
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

import archives
from procedural import RATE, Rng, log_uniform

#: Effects, music left out. What lies in a folder is a family, where the package has several kinds.
RECORDED = [
    "sonic-pi-samples", "lmms-common", "hydrogen-data", "sound-theme-freedesktop", "supertux-data", "pingus-data",
    "minetest-data", "tuxpaint-stamps-default", "wesnoth-1.16-data", "widelands-data", "lincity-ng-data", "megaglest-data",
    "hedgewars-data", "freedroidrpg-data", "warmux-data", "boswars-data", "scorched3d-data", "searchandrescue-data",
    "unknown-horizons", "naev-data", "freeciv-data", "simutrans-pak64", "gamine-data", "frozen-bubble-data",
    "extremetuxracer-data", "atanks-data", "bzflag-data", "oxygen-sounds", "flightgear-data-base",
    "openarena-data", "freedoom", "openttd-opensfx", "teeworlds-data",
]  # fmt: skip
SPOKEN = ["tuxpaint-stamps-default", "klettres-data", "ktuberling-data", "hedgewars-data"]
#: Measured responses: loudspeakers in front of microphones, and a street. What filters alone is none.
RESPONSES = {"guitarix-common": "sounds/*/*.wav", "jconvolver-config-files": "demo-reverbs/*.wav"}
PACKAGES = sorted({*RECORDED, *SPOKEN, *RESPONSES, "fluid-soundfont-gm"})
#: Packages that must be installed, since they are run: programs that speak and play, and their voices.
SYNTHESISERS = [
    "espeak-ng", "espeak-ng-data", "libespeak-ng1", "festival", "festival-czech", "festvox-czech-dita", "festvox-italp16k",
    "festvox-itapc16k", "festvox-kallpc16k", "festvox-kdlpc16k", "festvox-suopuhe-common", "festvox-suopuhe-lj",
    "festvox-suopuhe-mv", "festvox-us-slt-hts", "flite", "libflite1", "fluidsynth", "libfluidsynth3",
]  # fmt: skip
#: Parts of paths of what is music or speech.
NOT_EFFECTS = {"music", "voices", "voice", "voice_samples", "tux_ingame_comments", "comments", "titles", "symbols"}


#: What is unpacked of a package.
WANTED = ["*.wav", "*.ogg", "*.oga", "*.flac", "*.sf2", "*.pk3", "*.wad", "*.cat", "*.wv", "*/copyright"]
#: `package version sha256` of each; another archive under the name gives other pairs.
LOCK = Path(__file__).with_name("sources.lock")


def locked() -> dict[str, tuple[str, str]]:
    """Version and SHA-256 by package."""
    rows = (line.split() for line in LOCK.read_text().splitlines() if line and not line.startswith("#"))
    return {package: (version, digest) for package, version, digest in rows}


def _known(names: list[str]) -> dict[str, tuple[str, str]]:
    """Version and SHA-256 by package, of what apt knows now; `name=version` asks for one that is not the newest."""
    shown = subprocess.run(["apt-cache", "show", "--no-all-versions", *names], capture_output=True, text=True).stdout
    found = {}
    for entry in shown.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.splitlines() if ": " in line and not line.startswith(" "))
        if "SHA256" in fields:
            found[fields["Package"]] = (fields["Version"], fields["SHA256"])
    return found


def offered() -> str:
    """The lines of `LOCK`, of what apt has now."""
    return "\n".join(sorted(" ".join((package, *pinned)) for package, pinned in _known([*PACKAGES, *SYNTHESISERS]).items()))


def check_synthesisers() -> None:
    """Fails unless the programs that speak and play are those that are locked: by version, by the
    SHA-256 of the archive that apt has under it, and with the files as they were in it."""
    pinned = {package: locked()[package] for package in SYNTHESISERS}
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n", *SYNTHESISERS], capture_output=True, text=True).stdout
    installed = {name: version for name, version, status in (line.split() for line in shown.splitlines()) if status == "installed"}
    known = _known([f"{package}={version}" for package, (version, _) in pinned.items()])
    for package, (version, digest) in pinned.items():
        if installed.get(package) != version:
            raise RuntimeError(f"Expected {package} {version} to be installed but found {installed.get(package, 'none')}")
        if known.get(package, ("", digest))[1] != digest:
            raise RuntimeError(f"Expected {package} {version} to have SHA-256 {digest} but found {known[package][1]}")
    changed = subprocess.run(["dpkg", "--verify", *SYNTHESISERS], capture_output=True, text=True).stdout
    # A program itself, or what it reads; not a page of its documentation that somebody has left out, nor a setting.
    differs = [line.split()[-1] for line in changed.splitlines() if "/usr/share/doc/" not in line and "/usr/share/man/" not in line and " c " not in line]
    if differs:
        raise RuntimeError(f"Expected the synthesisers as they are in their packages but found others: {', '.join(differs[:5])}")


def responses(folder: Path) -> list[np.ndarray]:
    """Impulse responses at 16 kHz, from the direct sound on, of energy 1."""
    out = []
    for package, pattern in RESPONSES.items():
        files = sorted((folder / package).rglob(pattern))
        if not files:
            raise RuntimeError(f"Expected impulse responses in {package} but found none")
        for path in files:
            samples = read_whole(path)
            heard = np.flatnonzero(np.abs(samples) > 0.01 * np.max(np.abs(samples)))
            direct = samples[heard[0] : heard[-1] + 1]
            out.append(direct / np.sqrt((direct**2).sum()))
    return out


def _download(package: str, folder: Path) -> Path:
    """The package's archive, of the version and the content that are locked."""
    version, digest = locked()[package]
    result = subprocess.run(["apt-get", "download", f"{package}={version}"], cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"Expected {package} {version} in the Debian archive but apt-get said: {result.stderr.strip()}")
    archive = next(folder.glob(f"{package}_*.deb"))
    with open(archive, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        archive.unlink()
        raise RuntimeError(f"Expected {package} {version} to have SHA-256 {digest} but found {found}")
    return archive


def fetch(folder: Path) -> None:
    """Downloads the packages and takes out what sounds; nothing is installed."""
    for package in PACKAGES:
        target = folder / package
        if target.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        archive = _download(package, folder)
        unpacked = folder / f"{package}.new"
        unpacked.mkdir(exist_ok=True)
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as contents:
            # tar complains of patterns that a package has nothing for.
            subprocess.run(["tar", "-x", "-C", unpacked, "--wildcards", "--ignore-case", *WANTED], stdin=contents.stdout, stderr=subprocess.DEVNULL)
        if contents.returncode != 0:
            raise RuntimeError(f"Expected {archive} to be a whole package but dpkg-deb ended with {contents.returncode}")
        archives.open_up(unpacked)
        unpacked.rename(target)
        archive.unlink()


def read(path: Path, seconds: float) -> np.ndarray | None:
    """One channel at 16 kHz, silence in front cut off, at most `seconds`; None where there is nothing."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=int(30 * soundfile.info(path).samplerate))
    except soundfile.LibsndfileError:
        return None
    mono = samples.mean(1)
    if len(mono) < 0.05 * rate or np.max(np.abs(mono)) < 1e-3:
        return None
    audible = np.flatnonzero(np.abs(mono) > 0.01 * np.max(np.abs(mono)))
    mono = mono[audible[0] : audible[-1] + 1]
    if rate != RATE:
        common = np.gcd(rate, RATE)
        mono = signal.resample_poly(mono, RATE // common, rate // common)
    mono = mono[: int(seconds * RATE)]
    return (0.9 * mono / (np.max(np.abs(mono)) + 1e-9)).astype(np.float32) if len(mono) > 0.05 * RATE else None


def is_audible(samples: np.ndarray) -> bool:
    """Whether there is something to hear: more than a twentieth of a second, and not all silence."""
    return len(samples) > 0.05 * RATE and bool(np.std(samples) > 1e-4)


def read_whole(path: Path) -> np.ndarray:
    """One channel at 16 kHz, just as it is."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    common = np.gcd(rate, RATE)
    return signal.resample_poly(samples.mean(1), RATE // common, rate // common).astype(np.float32)


def recorded(folder: Path) -> Iterator[tuple[str, Path]]:
    """(family, file) of all recorded effects."""
    for package in RECORDED:
        root = folder / package
        files = sorted(p for p in root.rglob("*") if p.suffix.lower() in {".wav", ".flac", ".ogg", ".oga"})
        for path in files:
            parts = {part.lower() for part in path.relative_to(root).parts[:-1]}
            if parts & NOT_EFFECTS or "_desc" in path.name or path.stem.startswith("music"):
                continue
            if package == "tuxpaint-stamps-default" and "animals" not in parts:
                continue  # things that are named
            if package == "megaglest-data" and any(x in path.stem for x in ("select", "ack", "command")):
                continue  # soldiers who speak
            kind = path.name.split("_")[0] if package == "sonic-pi-samples" else path.parent.name
            several = package in {"sonic-pi-samples", "lmms-common", "widelands-data"}
            yield f"{package}/{kind}" if several else package, path


def played(folder: Path, scratch: Path, rng: Rng, count: int) -> Iterator[tuple[str, np.ndarray]]:
    """Instruments and effects of the General MIDI sound font, a phrase each."""
    font = next((folder / "fluid-soundfont-gm").rglob("FluidR3_GM.sf2"))
    for k in range(count):
        effects = k % 3 == 0
        program = int(rng.integers(120, 128) if effects else rng.integers(0, 128))
        drums = not effects and k % 3 == 1
        events: list[tuple[int, bytes]] = [(0, bytes([0xC0, program]))]
        channel, now = (9 if drums else 0), 0
        pattern = [int(x) for x in rng.integers(35, 82, 3)] if drums else [int(rng.integers(40, 84))]
        step = int(log_uniform(rng, 90, 900))
        for n in range(int(rng.integers(1, 9))):
            key = pattern[n % len(pattern)] if drums else pattern[0] + (0 if effects else int(rng.choice([0, 2, 4, 5, 7, 9, 12])))
            length = int(step * rng.uniform(0.4, 1.6)) + (600 if effects else 0)
            events.append((now, bytes([0x90 | channel, key, int(rng.integers(60, 127))])))
            events.append((now + length, bytes([0x80 | channel, key, 0])))
            now += step if not effects else length
            if now > 3500:
                break
        midi = scratch / "phrase.mid"
        midi.write_bytes(_midi(events))
        out = scratch / "phrase.wav"
        subprocess.run(["fluidsynth", "-ni", "-r", "16000", "-F", out, font, midi], check=True, capture_output=True)
        samples = read(out, 5)
        if samples is not None:
            yield f"gm/{'drums' if drums else 'effects' if effects else 'instruments'}", samples


def _midi(events: list[tuple[int, bytes]]) -> bytes:
    """A standard MIDI file of one track; times in ms."""
    track, now = b"\x00\xff\x51\x03\x0f\x42\x40", 0
    for time, message in sorted(events, key=lambda e: e[0]):
        track += _variable(time - now) + message
        now = time
    track += _variable(800) + b"\xff\x2f\x00"
    return b"MThd\x00\x00\x00\x06\x00\x00\x00\x01" + (1000).to_bytes(2) + b"MTrk" + len(track).to_bytes(4) + track


def _variable(value: int) -> bytes:
    out = [value & 127]
    while value := value >> 7:
        out.append(value & 127 | 128)
    return bytes(reversed(out))


def voices(folder: Path, scratch: Path, per_voice: int) -> dict[str, list[np.ndarray]]:
    """Recordings of speech by voice: a language of a package has its speaker, mostly."""
    paths: dict[str, list[Path]] = {}
    for path in sorted((folder / "tuxpaint-stamps-default").rglob("*_desc_*.ogg")):
        paths.setdefault("stamps-" + path.stem.split("_desc_")[1], []).append(path)
    for path in sorted((folder / "klettres-data").rglob("*.ogg")):
        paths.setdefault("klettres-" + path.relative_to(folder).parts[4], []).append(path)
    for path in sorted((folder / "ktuberling-data").rglob("*.ogg")):
        paths.setdefault("ktuberling-" + path.parent.name, []).append(path)
    for path in sorted((folder / "hedgewars-data").rglob("voices/*/*.ogg")):
        paths.setdefault("hedgewars-" + path.parent.name, []).append(path)
    rng = np.random.default_rng(1)
    out: dict[str, list[np.ndarray]] = {}
    for name, files in paths.items():
        chosen = rng.permutation(len(files))[: 3 * per_voice]
        clips = [c for c in (read(files[i], 4) for i in chosen) if c is not None][:per_voice]
        if sum(map(len, clips)) > 8 * RATE:
            out[name] = clips
    text = "The quick brown fox jumps over a lazy dog. Woof, meow, tick tock, whoosh, vroom, shush, beep, ha ha, zzz, splash."
    for variant in ("m1", "m3", "m7", "f1", "f2", "f4", "croak", "whisper"):
        file = scratch / "speech.wav"
        subprocess.run(["espeak-ng", "-v", f"en+{variant}", "-w", file, text], check=True, capture_output=True)
        clip = read(file, 20)
        if clip is not None:
            out[f"espeak-{variant}"] = [clip]
    return out


if __name__ == "__main__":
    print(offered())
