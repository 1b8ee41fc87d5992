import assert from "node:assert/strict";
import { join } from "node:path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { AudioError } from "../../lib/audio/wav.ts";
import { FIXTURES, NEEDS_UNIX, PROJECT, until, withFolder } from "../support.ts";
import { decoderProcesses } from "./decoder_processes.ts";
import { mutationsOf } from "./odd_files.ts";

const READ_AUDIO = new URL("../../lib/audio/read_audio.ts", import.meta.url).href;
const SOUNDS = join(FIXTURES, "sounds");
const NAMES = ["a.flac", "flac.oga", "a.ogg", "a.opus", "a.mp3"];
const isLinux = Deno.build.os === "linux";
const missing = isLinux ? "" : " (needs Linux)";

Deno.test("readAudio() gives the same after broken files as before them, also of many at a time", () =>
  withFolder(async (folder) => {
    const expected = new Map<string, Float32Array>();
    for (const name of NAMES) expected.set(name, (await readAudio(join(SOUNDS, name))).samples);
    let broken = 0;
    const read = async (name: string, bytes: Uint8Array, other: string) => {
      const path = join(folder, crypto.randomUUID());
      Deno.writeFileSync(path, bytes);
      await readAudio(path).catch((error) => {
        assert.ok(error instanceof AudioError, `${name}: ${error}`);
        broken++;
      });
      assert.deepEqual((await readAudio(join(SOUNDS, other))).samples, expected.get(other));
    };
    await Promise.all(
      NAMES.flatMap((name, n) =>
        [...mutationsOf([Deno.readFileSync(join(SOUNDS, name))], 12, 3)].map((bytes, i) =>
          read(name, bytes, NAMES[(n + i) % NAMES.length])
        )
      ),
    );
    assert.ok(broken > 10, `${broken}`);
  }));

Deno.test({
  name:
    `processes that decode are used again, may do nothing else, and end with the program${missing}`,
  ignore: !isLinux,
  fn: async () => {
    for (const how of ["go", "stay"]) {
      const mark = crypto.randomUUID();
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--config", join(PROJECT, "deno.json")],
          ...[join(PROJECT, "tests", "audio", "decoders_apart.ts"), how],
        ],
        env: { QVIM_TEST_MARK: mark },
        stdout: "piped",
      }).spawn();
      const { value } = await child.stdout.getReader().read();
      assert.equal(new TextDecoder().decode(value), "held\n");
      const ofChild = () => decoderProcesses(({ environment }) => environment.includes(mark));
      if (how === "stay") {
        assert.equal(ofChild().length, 1);
        child.kill("SIGKILL");
      }
      // Else it ends by itself, though its decoder is idle.
      await child.status;
      await until(() => ofChild().length === 0);
    }
  },
});

Deno.test({
  name: `readAudio() reads what is compressed out of a pipe${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: async () => {
    const program = `import { readAudio } from ${JSON.stringify(READ_AUDIO)};
      console.log((await readAudio("/dev/stdin")).samples.length);`;
    for (const name of NAMES) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--config", join(PROJECT, "deno.json"), program],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(Deno.readFileSync(join(SOUNDS, name)));
      await writer.close();
      const { stdout } = await child.output();
      const { samples } = await readAudio(join(SOUNDS, name));
      assert.equal(new TextDecoder().decode(stdout), `${samples.length}\n`, name);
    }
  },
});

Deno.test({
  name: `readAudio() waits for no pipe that lies in a folder, behind a link either${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder(async (folder) => {
      const pipe = join(folder, "a.wav"), link = join(folder, "b.wav");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      Deno.symlinkSync("a.wav", link);
      for (const path of [pipe, link, "/dev/zero"]) {
        await assert.rejects(readAudio(path), {
          name: "AudioError",
          message: `Expected a recording but found a pipe or a device at ${path}`,
        });
      }
    }),
});
