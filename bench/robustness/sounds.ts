/** Sound files as programs write them, and with headers that were changed. */
import { join } from "node:path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { AudioError, decodeWav } from "../../lib/audio/wav.ts";
import { cafBlocks, mutations, mutationsOf, STREAMS, VALID } from "../../tests/audio/odd_files.ts";
import { FIXTURES, withFolder } from "../../tests/support.ts";
import { Outcomes, type Row } from "./row.ts";

const SOUNDS = join(FIXTURES, "sounds");
const PLAIN = ["a.w64", "a.caf", "alaw.aifc", "a.au", "gsm.wav", "ms.wav", "ima.wav"];
const COMPRESSED = ["a.flac", "flac.oga", "a.ogg", "a.opus", "a.mp3"];

/** Containers that are read, and what ffmpeg has to put into them. */
const CONTAINERS = ["wav", "w64", "aiff", "au", "caf", "ogg", "flac", "mp3", "gsm"];
const ENCODERS =
  /^(pcm_[asufm][^v]*|adpcm_.*|flac|alac|aac|mp2|g72.*|wmav2|lib(vorbis|opus|mp3lame|gsm|gsm_ms))$/;
/** How far ffmpeg's own decoders are from what standards say: those of IMA ADPCM most. */
const STEP = 1e-2;

export async function* soundChecks(): AsyncGenerator<Row> {
  yield await withFolder(writtenByOthers);
  const outcomes = new Outcomes(AudioError);
  for (const bytes of mutations(10_000, 1)) await outcomes.of(() => decodeWav(bytes, "x.wav"));
  yield ["changed headers of WAV", "10,000", `${outcomes}`];
  const plain = [...STREAMS.map(([, bytes]) => Uint8Array.from(bytes)), Uint8Array.from(cafBlocks)];
  for (const name of PLAIN) plain.push(Deno.readFileSync(join(SOUNDS, name)));
  plain.push(...VALID.map(([, bytes]) => Uint8Array.from(bytes)));
  yield ["changed headers of WAV, Wave64, AIFF, AU, CAF", "10,000", await changed(plain, 10_000)];
  for (const name of COMPRESSED) {
    const original = Deno.readFileSync(join(SOUNDS, name));
    yield [`changed headers of ${name}`, "1,000", await changed([original], 1000)];
  }
}

async function changed(originals: Uint8Array[], count: number): Promise<string> {
  const outcomes = new Outcomes(AudioError);
  await withFolder(async (folder) => {
    const path = join(folder, "x");
    for (const bytes of mutationsOf(originals, count, 2)) {
      Deno.writeFileSync(path, bytes);
      await outcomes.of(() => readAudio(path));
    }
  });
  return `${outcomes}`;
}

/** Each encoder in each container that takes it, read by us and by ffmpeg. */
async function writtenByOthers(folder: string): Promise<Row> {
  const what = "what ffmpeg writes, against what it reads";
  let encoders: string[];
  try {
    const listed = await ffmpeg("-hide_banner", "-encoders");
    encoders = new TextDecoder().decode(listed).split("\n").map((line) =>
      line.trim().split(/\s+/)[1]
    )
      .filter((name) => ENCODERS.test(name ?? ""));
  } catch {
    return [what, "0", "left out: there is no ffmpeg"];
  }
  const source = join(folder, "source.wav");
  const sound = "0.4*sin(700*t*t)+0.1*sin(9000*t)";
  await ffmpeg("-f", "lavfi", "-i", `aevalsrc=${sound}:d=0.5:s=8000`, source);
  let equal = 0, refused = 0, largest = 0;
  const others: string[] = [];
  for (const container of CONTAINERS) {
    for (const encoder of encoders) {
      const path = join(folder, "x");
      const to = ["-c:a", encoder, "-strict", "-2", "-f", container, "-y", path];
      if (await ffmpeg("-i", source, ...to).then(() => false, () => true)) continue;
      // Some write what they can't read themselves.
      const raw = await ffmpeg("-i", path, "-f", "f32le", "-ac", "1", "-").catch(() => null);
      if (raw === null || raw.length === 0) continue;
      const expected = new Float32Array(raw.slice().buffer, 0, raw.length >> 2);
      try {
        const { samples } = await readAudio(path);
        const length = Math.min(samples.length, expected.length);
        let off = length < 0.9 * expected.length ? Infinity : 0;
        for (let i = 0; i < length; i++) off = Math.max(off, Math.abs(samples[i] - expected[i]));
        if (off > STEP) others.push(`${encoder} in ${container}: ${off}`);
        else equal++;
        largest = Math.max(largest, off);
      } catch (error) {
        if (error instanceof AudioError && /ffmpeg -i/.test(error.message)) refused++;
        else others.push(`${encoder} in ${container}: ${error}`);
      }
    }
  }
  const result = `${equal} equal, ${largest.toExponential(0)} apart at most; ` +
    `${refused} refused by name; ${others.length} otherwise`;
  return [what, `${equal + refused + others.length}`, [result, ...others].join("; ")];
}

async function ffmpeg(...args: string[]): Promise<Uint8Array> {
  const { success, stdout } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", ...args],
    stdin: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error("ffmpeg failed");
  return stdout;
}
