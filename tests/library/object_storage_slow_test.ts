import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SoundInfo } from "../../lib/library/rows.ts";
import { cli, findPython, PROJECT, until, withFolder } from "../support.ts";
import { exampleIn, manySounds, rowsOf, writeSound } from "./support.ts";

const python = findPython("moto.server, boto3");
const LIBRARY = "s3://sounds/library";

type Use = (env: Record<string, string>, written: () => Promise<string>) => Promise<void>;

function testWithMoto(name: string, fn: Use) {
  const isAbsent = python === undefined;
  Deno.test({
    name: isAbsent ? `${name} (needs moto)` : name,
    ignore: isAbsent,
    fn: () => withObjectStorage(fn),
  });
}

/**
 * Calls `use` with what a program has to find in its environment to reach an empty bucket, and with what
 * waits until somebody writes into it.
 */
async function withObjectStorage(use: Use) {
  const server = new Deno.Command(python!, {
    args: [join(PROJECT, "tests", "library", "object_storage.py")],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = linesOf(server.stdout);
  try {
    const port = await lines.next();
    assert.equal(await lines.next(), "ready");
    await use({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ALLOW_HTTP: "true",
      AWS_ACCESS_KEY_ID: "name",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "us-east-1",
    }, () => lines.next());
  } finally {
    await server.stdin.close();
    await server.status;
    await lines.end();
  }
}

function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async next(): Promise<string> {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`Expected a line but found the end after ${text}`);
        text += value;
      }
      const [line, ...rest] = text.split("\n");
      text = rest.join("\n");
      return line;
    },
    async end(): Promise<void> {
      await reader.cancel();
    },
  };
}

function start(args: string[], env: Record<string, string>) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(PROJECT, "cli.ts"), ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Some columns of all rows, as a process that stands beside reads them. */
async function rowsOn(
  env: Record<string, string>,
): Promise<Pick<SoundInfo, "id" | "path" | "batch">[]> {
  const program = `
    import { Store } from ${JSON.stringify(join(PROJECT, "lib", "library", "store.ts"))};
    const store = await Store.open("${LIBRARY}");
    const rows = await Array.fromAsync(store.list(["id", "path", "batch"]));
    console.log(JSON.stringify(rows));
  `;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", program],
    env,
    cwd: PROJECT,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Serves the library and asks it again and again until it is stopped. */
async function startReader(env: Record<string, string>, query: string) {
  const child = start(["serve", "--library", LIBRARY, "--port", "0"], env);
  const lines = linesOf(child.stdout);
  const url = (await lines.next()).replace("Make a noise at ", "");
  let isOver = false, answers = 0;
  const body = Deno.readFileSync(query);
  const search = async () => {
    const response = await fetch(`${url}api/search?top=200`, { method: "POST", body });
    const { results, error } = await response.json();
    assert.equal(response.status, 200, error);
    return results as { id: string; name: string }[];
  };
  const asking = (async () => {
    while (!isOver) {
      const results = await search();
      assert.equal(new Set(results.map(({ id }) => id)).size, results.length);
      answers++;
      // As a person asks: without a pause the writers would wait for a processor.
      await delay(400);
    }
  })();
  return {
    search,
    async stop(): Promise<number> {
      isOver = true;
      await asking;
      child.kill("SIGTERM");
      await child.status;
      await lines.end();
      return answers;
    },
  };
}

testWithMoto(
  "three machines fill one table on S3 while two others read it, though one is killed",
  async (env, written) => {
    await withFolder(async (folder) => {
      const sounds = join(folder, "sounds"), all = manySounds(45);
      all.forEach((sound, i) => writeSound(join(sounds, `${i}.wav`), sound));
      Deno.writeTextFileSync(join(sounds, "broken.wav"), "OggS, not a WAV file");
      const shard = (index: number) => {
        const args = ["index", sounds, "--library", LIBRARY, "--json", "--shard", `${index}/3`];
        return start(args, env);
      };
      const killed = shard(3), writers = [shard(1), shard(2)].map((child) => child.output());
      assert.equal(await written(), "written");
      // Each has still to hear most of its sounds.
      killed.kill("SIGKILL");
      assert.equal((await killed.output()).signal, "SIGKILL");
      const first = await Promise.race(writers);
      assert.equal(first.code, 0);
      const query = join(sounds, "7.wav");
      const readers = await Promise.all([startReader(env, query), startReader(env, query)]);
      const outputs = await Promise.all([...writers, shard(3).output()]);
      let files = 0, broken = 0;
      for (const { code, stdout } of outputs) {
        assert.equal(code, 0);
        const report = JSON.parse(new TextDecoder().decode(stdout));
        files += report.files;
        broken += report.broken.length;
      }
      assert.deepEqual([files, broken], [all.length, 1]);
      const rows = await rowsOn(env);
      assert.equal(rows.length, all.length);
      assert.equal(new Set(rows.map(({ path }) => path)).size, all.length);
      for (const reader of readers) {
        // What it has opened before sees what was written since, within a second or so.
        await until(async () => (await reader.search()).length === all.length);
        const results = await reader.search();
        assert.equal(results.length, all.length);
        assert.equal(results[0].name, basename(query));
        assert.ok(await reader.stop() > 0);
      }
      const again = await cli(["index", sounds, "--library", LIBRARY, "--json"], { env });
      const report = JSON.parse(again.stdout);
      assert.deepEqual([report.heard, report.gone, report.sounds], [0, 0, all.length]);
    });
  },
);

/** Runs a script as each of some machines, at once, and checks that they filled a library together. */
async function fillBy(
  script: string,
  shell: string,
  machines: Record<string, string>[],
): Promise<void> {
  await withFolder(async (folder) => {
    const sounds = join(folder, "the sounds"), library = join(folder, "library");
    manySounds(20).forEach((sound, i) => writeSound(join(sounds, `${i}.wav`), sound));
    Deno.mkdirSync(join(folder, "bin"));
    Deno.symlinkSync(Deno.execPath(), join(folder, "bin", "deno"));
    const PATH = `${join(folder, "bin")}:${Deno.env.get("PATH")}`;
    const outputs = await Promise.all(machines.map((env) =>
      new Deno.Command(shell, {
        args: ["-c", script],
        cwd: PROJECT,
        env: { SOUNDS: sounds, LIBRARY: library, PATH, ...env },
      }).output()
    ));
    for (const { code, stderr } of outputs) {
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    }
    assert.equal((await rowsOf(library)).length, 20);
  });
}

Deno.test("the Slurm array of docs/library.md fills a library", async () => {
  const machine = (index: number) => ({
    SLURM_ARRAY_TASK_ID: String(index),
    SLURM_ARRAY_TASK_COUNT: "2",
  });
  await fillBy(exampleIn("sh", "#!/bin/bash\n#SBATCH"), "bash", [machine(1), machine(2)]);
});

Deno.test("the Kubernetes job of docs/library.md fills a library", async () => {
  const manifest = exampleIn("yaml", "apiVersion: batch/v1");
  assert.match(manifest, /command: \["sh", "-c"\]\n\s+args:\n\s+- deno task index /);
  const command = manifest.match(/args:\n\s+- (.*)\n/)![1];
  const machine = (index: number) => ({ JOB_COMPLETION_INDEX: String(index), MACHINES: "2" });
  await fillBy(command, "sh", [machine(0), machine(1)]);
});
