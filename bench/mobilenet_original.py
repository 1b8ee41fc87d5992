"""The original's way from a WAV file to an embedding: librosa, log-mel in torch, MobileNetV3 in PyTorch.

    python mobilenet_original.py FOLDER     prints clips per second
"""
import glob
import math
import os
import sys
import time

import librosa
import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "fixtures"))
from make_mobilenet import Encoder  # noqa: E402


def mel_bank(bands=128, n_fft=1024, rate=32000, high=15000.0):
    mel = lambda f: 1127.0 * math.log(1.0 + f / 700.0)  # noqa: E731
    step = mel(high) / (bands + 1)
    position = torch.tensor([mel(bin * rate / n_fft) for bin in range(n_fft // 2)]) / step
    bank = 1.0 - (position[None] - torch.arange(1, bands + 1)[:, None]).abs()
    return torch.nn.functional.pad(bank.clamp(min=0), (0, 1))


WINDOW, BANK = torch.hann_window(800, periodic=False), mel_bank()
PRE_EMPHASIS = torch.tensor([[[-0.97, 1.0]]])


def log_mel(samples):
    x = torch.nn.functional.conv1d(samples[None, None], PRE_EMPHASIS)[0]
    x = torch.stft(x, 1024, 320, 800, window=WINDOW, center=True, return_complex=True)
    power = torch.view_as_real(x).square().sum(-1)
    return ((BANK @ power + 1e-5).log() + 4.5) / 5.0


@torch.no_grad()
def embed(encoder, path):
    samples, _ = librosa.load(path, sr=32000, mono=True, duration=10.0)
    return encoder(log_mel(torch.from_numpy(samples))[:, None])


if __name__ == "__main__":
    paths = sorted(glob.glob(os.path.join(sys.argv[1], "*.wav")))
    encoder = Encoder(1.0).eval()
    for path in paths[:3]:
        embed(encoder, path)
    start = time.time()
    for path in paths:
        embed(encoder, path)
    print(len(paths) / (time.time() - start))
