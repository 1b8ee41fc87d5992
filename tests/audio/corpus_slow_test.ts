/** What other programs write, read as they read it themselves. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { withFolder } from "../support.ts";

function has(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["-version"], stdout: "null", stderr: "null" })
      .outputSync() !== undefined;
  } catch {
    return false;
  }
}

function run(program: string, ...args: string[]): Uint8Array<ArrayBuffer> {
  const { success, stdout, stderr } = new Deno.Command(program, { args, stdin: "null" })
    .outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return stdout.slice();
}

/** File, what sox or ffmpeg is told, and how far a sample may be off: a step of the coding. */
const FFMPEG: [file: string, args: string, step: number][] = [
  ...["u8", "s16le", "s24le", "s32le", "f32le", "f64le", "alaw", "mulaw"].map((coding) =>
    [`${coding}.wav`, `-c:a pcm_${coding}`, 2 ** -15] as [string, string, number]
  ),
  ["ms.wav", "-c:a adpcm_ms", 2 ** -15],
  // ffmpeg rounds each step otherwise than the standard: a step of the coding is some hundred.
  ["ima.wav", "-c:a adpcm_ima_wav", 5e-3],
  // One channel: this coding has no more.
  ["gsm.wav", "-ac 1 -strict -2 -c:a libgsm_ms", 2 ** -15],
  ["a.gsm", "-ac 1 -ar 8000", 2 ** -15],
  ["s64.wav", "-c:a pcm_s64le", 2 ** -15],
  ["mp3.wav", "-c:a libmp3lame", 1e-3],
  ["flac.wav", "-c:a flac", 2 ** -15],
  ["ima4.aifc", "-f aiff -c:a adpcm_ima_qt", 5e-3],
  ["ima4.caf", "-c:a adpcm_ima_qt", 5e-3],
  ["ms.caf", "-c:a adpcm_ms", 2 ** -15],
  ["mp3.caf", "-c:a libmp3lame", 1e-3],
  ["a.mp2", "", 1e-3],
  ["a.w64", "-c:a pcm_s24le", 2 ** -15],
  ["s16.aiff", "", 2 ** -15],
  ["f32.aifc", "-f aiff -c:a pcm_f32be", 2 ** -15],
  ["s16.au", "", 2 ** -15],
  ["f64.au", "-c:a pcm_f64be", 2 ** -15],
  ["s24.caf", "-c:a pcm_s24le", 2 ** -15],
  ["big.caf", "-c:a pcm_s16be", 2 ** -15],
  ["rf64.wav", "-rf64 always", 2 ** -15],
  ["a.flac", "", 2 ** -15],
  ["vorbis.ogg", "-c:a libvorbis", 1e-3],
  ["a.opus", "-c:a libopus", 2e-2],
  ["a.mp3", "", 1e-3],
];

const ffmpeg = has("ffmpeg");

Deno.test({
  name: `readAudio() reads what ffmpeg writes as ffmpeg does${ffmpeg ? "" : " (needs ffmpeg)"}`,
  ignore: !ffmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const source = join(folder, "source.wav");
      const left = "0.4*sin(700*t*t)", right = "0.3*sin(3000*t)+0.1*sin(9000*t)";
      run(
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        `aevalsrc=${left}|${right}:d=1:s=44100`,
        source,
      );
      // One process writes all files, and one reads them: most of what it takes is its start.
      const at = (file: string) => join(folder, file);
      const files = FFMPEG.map(([file]) => file);
      const written = FFMPEG.flatMap(([file, args]) => [
        ...args === "" ? [] : args.split(" "),
        at(file),
      ]);
      run("ffmpeg", "-v", "error", "-i", source, ...written);
      const inputs = files.flatMap((file) => ["-i", at(file)]);
      const outputs = files.flatMap((
        file,
        i,
      ) => ["-map", `${i}`, "-f", "f32le", at(`${file}.raw`)]);
      run("ffmpeg", "-v", "error", ...inputs, ...outputs);
      for (const [file, args, step] of FFMPEG) {
        const path = at(file), raw = Deno.readFileSync(at(`${file}.raw`));
        const values = new Float32Array(raw.buffer, 0, raw.length >> 2);
        const stereo = args.includes("-ac 1")
          ? Float32Array.from({ length: 2 * values.length }, (_, i) => values[i >> 1])
          : values;
        const { samples, sampleRate } = await readAudio(path);
        const rates: Record<string, number> = { "a.opus": 48000, "a.gsm": 8000 };
        assert.equal(sampleRate, rates[file] ?? 44100, file);
        const expected = stereo.length / 2;
        // Decoders differ in whether they take the encoder's delay away.
        if (step === 2 ** -15) assert.equal(samples.length, expected, file);
        const shift = bestShift(samples, stereo, step === 2 ** -15 ? 0 : 3000);
        let worst = 0;
        const overlap = Math.min(
          samples.length - Math.max(0, shift),
          expected + Math.min(0, shift),
        );
        const margin = Math.min(4000, overlap >> 2);
        for (let i = margin; i < overlap - margin; i++) {
          const at = i + Math.max(0, -shift);
          const mean = (stereo[2 * at] + stereo[2 * at + 1]) / 2;
          worst = Math.max(worst, Math.abs(samples[i + Math.max(0, shift)] - mean));
        }
        assert.ok(worst <= step, `${file}: ${worst}`);
      }
    }),
});

/** By how many samples the first begins later than the second. */
function bestShift(samples: Float32Array, stereo: Float32Array, most: number): number {
  let best = 0, least = Infinity;
  for (let shift = -most; shift <= most; shift++) {
    let sum = 0;
    for (let i = 10_000; i < 10_200; i++) {
      const at = 2 * (i - shift);
      sum += Math.abs(samples[i] - (stereo[at] + stereo[at + 1]) / 2);
    }
    if (sum < least) [best, least] = [shift, sum];
  }
  return best;
}

const SOX: [string, string[]][] = [
  ["piped", ["-t", "wav", "-"]],
  ["12", ["-b", "24", "-t", "wavpcm", "-"]],
];

const sox = has("sox");

Deno.test({
  name: `readAudio() reads what sox writes into a pipe${sox ? "" : " (needs sox)"}`,
  ignore: !sox,
  fn: () =>
    withFolder(async (folder) => {
      for (const [name, args] of SOX) {
        const bytes = run("sh", "-c", `sox -n -r 8000 ${args.join(" ")} synth 0.5 sine 440 | cat`);
        const path = join(folder, `${name}.wav`);
        Deno.writeFileSync(path, bytes);
        const { samples } = await readAudio(path);
        assert.equal(samples.length, 4000);
        const crossings = samples.filter((x, i) => i > 0 && samples[i - 1] < 0 && x >= 0).length;
        assert.ok(Math.abs(crossings - 220) <= 1, `${crossings}`);
      }
    }),
});
