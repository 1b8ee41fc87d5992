/**
 * Our MN baseline and the original's way, on the same clips and the same machine, one after the
 * other: `deno run -A bench/mobilenet_side_by_side.ts [CLIPS]`. Needs Python with PyTorch and
 * librosa, here alone.
 */
import { fileURLToPath } from "node:url";
import { describeMobileNet, measureMobileNet } from "./mobilenet.ts";

const clips = Number(Deno.args[0] ?? 100);
const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
try {
  const ours = await measureMobileNet(folder, clips);
  console.log(describeMobileNet(ours));
  const { success, stdout } = await new Deno.Command("python3", {
    args: [fileURLToPath(new URL("./mobilenet_original.py", import.meta.url)), folder],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The original's way could not be run");
  const theirs = Number(new TextDecoder().decode(stdout));
  console.log(`The original's way (librosa, torch): ${theirs.toFixed(1)} clips/s`);
  console.log(`Ours is ${(ours.clipsPerSecond / theirs).toFixed(1)} times as fast`);
} finally {
  Deno.removeSync(folder, { recursive: true });
}
