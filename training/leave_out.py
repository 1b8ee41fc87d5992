"""Leaves out one kind of imitation after the other: trains on all others, and says how the whole
model does on that one, against the 2DFT baseline.

    python leave_out.py WORK_FOLDER [--kinds KIND,KIND…] [-- OPTIONS OF train.py]

What was trained by an earlier call is not trained again. Writes `leave_out.md` in the work folder; the
last line is the mean over the kinds, the figure by which systems are chosen.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from kinds import KINDS

HERE = Path(__file__).resolve().parent
#: What the small encoder is trained on; see `run`.
SMALL_HEARD = {"tight", "loose"}


def figures(data: Path, encoders: Path) -> dict[str, float]:
    """MRR by system, as `deno task compare` prints it."""
    command = ["deno", "run", "-A", "cli.ts", "compare", "--data", data.resolve(), "--encoders", encoders.resolve(), "--out", encoders.resolve()]
    table = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True).stdout
    plain = re.sub(r"\x1b\[[0-9;]*m", "", table)
    found = {m[1].strip(): float(m[2]) for m in re.finditer(r"^([A-Za-z0-9][\w, ]*?) {2,}(\d\.\d+)", plain, re.M)}
    missing = {"2DFT", "fusion"} - found.keys()
    if missing:
        raise RuntimeError(f"Expected {', '.join(sorted(missing))} in the table of {data} but found:\n{plain}")
    return found


def main(work: Path, kinds: list[str], options: list[str]) -> None:
    """Trains, combines, exports and measures for each kind, and writes the table."""
    rows, ratios = [], []
    python = lambda *words: subprocess.run([sys.executable, *words], cwd=HERE, check=True)
    for kind in kinds:
        folder = work / f"left-out-{kind}"
        alone = folder / "alone.pt"
        if not alone.exists():
            python("train.py", work, "--leave-out", kind, *options)
            (folder / "encoder.pt").rename(alone)
        # The small encoder may help with the kinds that it has not heard either.
        python("combine.py", folder, alone, *([work / "small" / "encoder.pt"] if kind not in SMALL_HEARD else []), "--pairs", work)
        python("export.py", folder)
        found = figures(work / f"held-out-{kind}", folder)
        ratios.append(found["fusion"] / found["2DFT"])
        rows.append(f"| {kind} | {found['2DFT']:.4f} | {found['contours']:.4f} | {found['encoder']:.4f} | {found['fusion']:.4f} | {ratios[-1]:.2f} |")
        print(rows[-1], flush=True)
    header = ["| left out | 2DFT | contours | encoder | fusion | fusion / 2DFT |", "| --- | --- | --- | --- | --- | --- |"]
    mean = f"| mean | | | | | {np.mean(ratios):.2f} |"
    (work / "leave_out.md").write_text("\n".join([*header, *rows, mean]) + "\n")
    print(mean)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("options", nargs="*", help="given to train.py, after --")
    parsed = parser.parse_args()
    main(parsed.work.resolve(), parsed.kinds.split(","), parsed.options)
