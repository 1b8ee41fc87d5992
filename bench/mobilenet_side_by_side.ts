/**
 * Our MN baseline and the original's way, on the same clips and the same machine, in turns:
 * `deno run -A bench/mobilenet_side_by_side.ts [CLIPS [ROUNDS]]`. Both have loaded what they need
 * and embedded a few clips before the time is taken. Needs Python with PyTorch and librosa, here
 * alone; `QVIM_TEST_PYTHON` says which, as for the tests.
 */
import { fileURLToPath } from "node:url";
import { findPython } from "../tests/support.ts";
import { describeMobileNet, MobileNetBench } from "./mobilenet.ts";

const clips = Number(Deno.args[0] ?? 200), rounds = Number(Deno.args[1] ?? 5);

const python = findPython("librosa, torch");
if (python === undefined) {
  console.error("Expected Python with librosa and torch but found none that has both");
  Deno.exit(1);
}

/** Clips a second of the original's way. */
async function measureOriginal(folder: string): Promise<number> {
  const { success, stdout } = await new Deno.Command(python!, {
    args: [fileURLToPath(new URL("./mobilenet_original.py", import.meta.url)), folder],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The original's way could not be run");
  return Number(new TextDecoder().decode(stdout));
}

const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
try {
  const bench = await MobileNetBench.make(folder, clips);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const ours = await bench.measure();
    const theirs = await measureOriginal(folder);
    ratios.push(ours.clipsPerSecond / theirs);
    console.log(describeMobileNet(ours));
    console.log(`The original's way (librosa, torch): ${theirs.toFixed(1)} clips/s`);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  const times = (ratio: number) => ratio.toFixed(2);
  console.log(
    `Ours is ${times(sorted[Math.floor(rounds / 2)])} times as fast (median of ${rounds} rounds, ` +
      `${times(sorted[0])} to ${times(sorted[rounds - 1])})`,
  );
} finally {
  Deno.removeSync(folder, { recursive: true });
}
