"""Sounds out of the archives of their own that games keep them in: pk3, Doom's WAD, Transport
Tycoon's CAT; and WavPack files, which libsndfile does not read."""

from __future__ import annotations

import struct
import subprocess
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile


def _pk3(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.lower().endswith((".wav", ".ogg", ".flac")):
                yield name, archive.read(name)


def _wad(path: Path) -> Iterator[tuple[str, bytes]]:
    """Lumps named DS…: a header of 8 bytes (format 3, rate, count), then 8 bits a sample, 16 of padding around."""
    data = path.read_bytes()
    count, directory = struct.unpack_from("<ii", data, 4)
    for k in range(count):
        at, size, raw = struct.unpack_from("<ii8s", data, directory + 16 * k)
        name = raw.rstrip(b"\0").decode("latin-1")
        if not name.startswith("DS") or size < 64:
            continue
        kind, rate, length = struct.unpack_from("<HHI", data, at)
        if kind != 3:
            continue
        values = np.frombuffer(data, np.uint8, min(length, size - 8) - 32, at + 8 + 16)
        wav = BytesIO()
        soundfile.write(wav, (values.astype(np.float32) - 128) / 128, rate, format="WAV")
        yield f"{name.lower()}.wav", wav.getvalue()


def _cat(path: Path) -> Iterator[tuple[str, bytes]]:
    """Offsets and sizes, then the title and a WAV file of each."""
    data = path.read_bytes()
    first = struct.unpack_from("<I", data, 0)[0] & 0x7FFFFFFF
    for k in range(first // 8):
        at, size = struct.unpack_from("<II", data, 8 * k)
        start = data.find(b"RIFF", at & 0x7FFFFFFF)
        if start >= 0:
            yield f"{k:03d}.wav", data[start : start + size]


READERS = {".pk3": _pk3, ".wad": _wad, ".cat": _cat}


def open_up(folder: Path) -> None:
    """Lays what sounds in the archives below `folder` beside them; the archives go."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in READERS):
        target = path.with_name(f"{path.stem}_{path.suffix[1:]}")
        for name, content in READERS[path.suffix.lower()](path):
            # Names inside an archive are no paths to be trusted.
            file = target / "/".join(part for part in Path(name).parts if part not in {"..", "/"})
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        path.unlink()
    for path in sorted(folder.rglob("*.wv")):
        subprocess.run(["ffmpeg", "-loglevel", "error", "-i", path, path.with_suffix(".wav")], check=True)
        path.unlink()
