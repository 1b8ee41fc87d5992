"""Trains the architecture of the challenge's MN baseline on made-up pairs, from nothing: what stands in for
its checkpoint where `fuseWith` is given its weight.

    python make_pairs.py WORK_FOLDER --audio 3000
    python train_mobilenet.py WORK_FOLDER [--seconds 120]

Writes `mobilenet.ckpt`, which `deno task compare --checkpoint` takes.
"""

from __future__ import annotations

import argparse
import pickle
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import mobilenet
from model import save
from train import DEVICE, TAKEN, Batches, Recipe, rate_at

LENGTH = 5 * 16000


def read_audio(folder: Path) -> tuple[list[str], torch.Tensor]:
    """Families, and samples of each sound and of two imitations of it, 16 bits at 16 kHz [sounds, 3, 80000]."""
    families, rows = [], []
    for part in sorted(folder.glob("pairs-audio-*.pickle")):
        for family, clips in pickle.loads(part.read_bytes()):
            families.append(family)
            rows.append(np.stack([np.pad(c[:LENGTH], (0, max(0, LENGTH - len(c)))) for c in clips]))
    if not rows:
        raise SystemExit(f"Expected pairs-audio-*.pickle in {folder} but found none: make_pairs.py --audio makes them")
    return families, torch.from_numpy(np.stack(rows)).to(DEVICE)


def doubled(samples: torch.Tensor) -> torch.Tensor:
    """Samples at twice the rate [batch, n] [batch, 2n]."""
    n = samples.shape[1]
    return 2 * torch.fft.irfft(torch.fft.rfft(samples), 2 * n)


def main(folder: Path, seconds: float, batch: int, rate: float) -> None:
    """Trains for so long, and writes the checkpoint."""
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    families, audio = read_audio(folder)
    batches = Batches(families, Recipe(batch=batch), np.random.default_rng(1))
    modules = nn.Module()
    modules.imitation_encoder, modules.reference_encoder = mobilenet.Encoder(1.0), mobilenet.Encoder(1.0)
    modules.to(DEVICE)
    scale = nn.Parameter(torch.tensor(2.7, device=DEVICE))
    optimizer = torch.optim.AdamW([*modules.parameters(), scale], rate, weight_decay=0.02)
    bank = mobilenet.mel_bank().to(DEVICE)
    start, step, progress, said = time.time(), 0, 0.0, 0
    while progress < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * rate_at(TAKEN * progress)
        clips = audio[torch.from_numpy(batches.next()).to(DEVICE)].float() / 32767
        gain = 10 ** (torch.rand(*clips.shape[:2], 1, device=DEVICE) - 0.7)
        mel = mobilenet.log_mel(doubled((clips * gain).flatten(0, 1)), bank)
        low = torch.randint(0, mobilenet.BANDS, (len(mel), 1, 1, 1), device=DEVICE)
        bands = torch.arange(mobilenet.BANDS, device=DEVICE)[:, None]
        mel = torch.where((bands >= low) & (bands < low + 16), mel.mean((2, 3), keepdim=True), mel)
        mel = mel.unflatten(0, (len(clips), 3))
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=DEVICE == "cuda"):
            item = modules.reference_encoder(mel[:, 0]).float()
            query = modules.imitation_encoder(mel[:, 1:].transpose(0, 1).flatten(0, 1)).float()
        scores = scale.exp().clamp(max=60) * (query @ item.T)
        target = torch.arange(len(item), device=DEVICE)
        loss = F.cross_entropy(scores, target.repeat(2)) + sum(F.cross_entropy(s.T, target) for s in scores.chunk(2)) / 2
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step == 3:
            start = time.time()  # what is loaded at the first steps is not counted
        if step % 4 == 0 and DEVICE == "cuda":
            torch.cuda.synchronize()
        progress = (time.time() - start) / seconds
        if progress >= (said + 1) / 8:
            said = int(8 * progress)
            print(f"MN: step {step}, {time.time() - start:.0f} s, loss {loss.item() / 2:.3f}", flush=True)
    # 16 bits on the way: the networks do not feel it, and a checkpoint is to be carried.
    state = {k: v.half().float().cpu() if v.dtype.is_floating_point else v.cpu() for k, v in modules.state_dict().items()}
    save({"epoch": 1, "state_dict": state}, folder / "mobilenet.ckpt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--batch", type=int, default=96, help="sounds of a step")
    parser.add_argument("--rate", type=float, default=1e-3)
    parsed = parser.parse_args()
    main(parsed.work, parsed.seconds, parsed.batch, parsed.rate)
