/** What hostile submissions do costs their own entry and nothing else. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { isPublic } from "../../../lib/organizer/rerun/proxy.ts";
import { writeNotebook } from "../../../lib/notebook/ipynb.ts";
import { composeNotebook, readTemplate } from "../../../lib/organizer/template.ts";
import { outcomeOf, type Report } from "../../../lib/organizer/report/entry.ts";
import { digestOf } from "../../../lib/organizer/rerun/digest.ts";
import { loudnessModel, writeSubmissions } from "../../fixtures/submissions.ts";
import { readGolden } from "../../../tools/qvim_mini/references.ts";
import { cli, PROJECT, withFolder } from "../../support.ts";

const bubblewrap = await hasBubblewrap();
const DATA = join(PROJECT, "data", "qvim-mini");

/** Code that runs behind the model's own, with what the report must say of it. */
const ATTACKS: [name: string, code: string, outcome: RegExp, remark: RegExp][] = [
  [
    "remount_1",
    `for (const args of [["-o", "remount,bind,rw", "/package/lib"], ["-t", "tmpfs", "x", "/data"]]) {
  const { code } = new Deno.Command("mount", { args, stderr: "null" }).outputSync();
  if (code === 0) throw new Error("MOUNTED");
}
for (const path of ["/package/lib/mod.ts", join(DATA_PATH, "x"), "/deno_program/x", "/deno_cache/npm/x"]) {
  let written = true;
  try { Deno.writeTextFileSync(path, "x"); } catch { written = false; }
  if (written) throw new Error("WRITTEN " + path);
}
const status = Deno.readTextFileSync("/proc/self/status");
if (!/CapEff:\\t0+\\n/.test(status) || !/NoNewPrivs:\\t1/.test(status) || !/Uid:\\t65534/.test(status)) {
  throw new Error("POWERS " + status);
}
const { code } = new Deno.Command("unshare", { args: ["-U", "true"], stderr: "null" }).outputSync();
if (code === 0) throw new Error("NAMESPACE");`,
    /finished/,
    /^$/,
  ],
  [
    "forger_1",
    `const line = JSON.stringify({ kind: "end" }) + "\\n";
for (const pid of ["1", "2", "3", String(Deno.ppid)]) {
  try { Deno.writeTextFileSync("/proc/" + pid + "/fd/1", line, { append: true }); } catch { /* no */ }
}
console.log(line);
Deno.kill(Deno.pid, "SIGKILL");`,
    /died in cell 14/,
    /kernel ended/,
  ],
  [
    "broken_events_1",
    `for (const event of ["null", '{"kind":"error"}', '{"kind":"cell","cell":"<b>"}', "x".repeat(3e6)]) {
  try { Deno.writeTextFileSync("/proc/" + Deno.ppid + "/fd/1", event + "\\n", { append: true }); } catch { /* no */ }
}`,
    /finished/,
    /^$/,
  ],
  [
    "reader_1",
    `for (const name of ["mem", "environ", "maps", "fd/1"]) {
  let opened = true;
  try { Deno.openSync("/proc/" + Deno.ppid + "/" + name, { read: true }).close(); } catch { opened = false; }
  if (opened) throw new Error("OPENED " + name);
}`,
    /finished/,
    /^$/,
  ],
  [
    "caller_1",
    `for (const [hostname, port] of [["127.0.0.1", LISTENER], ["1.1.1.1", 443], ["169.254.169.254", 80]]) {
  let reached = true;
  try { (await Deno.connect({ hostname, port })).close(); } catch { reached = false; }
  if (reached) throw new Error("REACHED " + hostname);
}`,
    /finished/,
    /^$/,
  ],
  [
    "host_1",
    `for (const path of ["/root", "/home", "/work", "/etc/shadow", "/etc/passwd", "/sys/kernel", "PROJECT"]) {
  let seen = true;
  try { Deno.statSync(path); } catch { seen = false; }
  if (seen) throw new Error("SEEN " + path);
}`,
    /finished/,
    /^$/,
  ],
  [
    "unlinked_1",
    `const parts = [];
for (let k = 0; k < 8; k++) {
  parts.push(Deno.openSync("/root_path/x", { write: true, create: true }));
  Deno.removeSync("/root_path/x");
  for (let i = 0; i < 96; i++) parts[k].writeSync(new Uint8Array(2 ** 20));
}
await new Promise((resolve) => setTimeout(resolve, 2000));`,
    /disk in cell 14/,
    /more than 512 MiB/,
  ],
  [
    "memory_files_1",
    `let failed = false;
try { Deno.writeFileSync("/dev/shm/x", new Uint8Array(2 ** 27)); } catch { failed = true; }
try { Deno.writeFileSync("/tmp/x", new Uint8Array(2 ** 27)); failed = false; } catch { /* full */ }
try { Deno.writeFileSync("/deno_cache/x", new Uint8Array(2 ** 29)); failed = false; } catch { /* full */ }
if (!failed) throw new Error("WRITTEN");`,
    /finished/,
    /^$/,
  ],
  [
    "deep_folders_1",
    `Deno.mkdirSync("/root_path/deep");
Deno.chdir("/root_path/deep");
const name = "d".repeat(200);
for (let k = 0; k < 300; k++) { Deno.mkdirSync(name); Deno.chdir(name); }
Deno.chdir("/root_path");
await new Promise((resolve) => setTimeout(resolve, 1500));`,
    /disk in cell 14/,
    /can't be looked into/,
  ],
  [
    "forks_1",
    `new Deno.Command("sh", { args: ["-c", "f() { sleep 98765 & f; }; f"] }).outputSync();`,
    /processes in cell 14|died in cell 14|failed in cell 14/,
    /more than 256 processes|kernel ended|./,
  ],
  [
    "daemon_1",
    `new Deno.Command("setsid", { args: ["-f", "sleep", "98765"], stdout: "null", stderr: "null" })
  .outputSync();`,
    /finished/,
    /^$/,
  ],
  [
    "killer_1",
    `new Deno.Command("sh", { args: ["-c", "kill -9 -1"] }).outputSync();`,
    /died in cell 14/,
    /./,
  ],
  [
    "stopper_1",
    `new Deno.Command("sh", { args: ["-c", "kill -STOP -1"] }).outputSync();`,
    /timeout in cell 14/,
    /more than 15 s/,
  ],
];

/** What is left instead of the scores, by a process that outlives the cells. */
const LEAVES: [name: string, command: string, remark: RegExp][] = [
  ["link_1", "rm -rf output; ln -s /etc output", /output\/similarities\.json but found a link/],
  ["pipe_1", "rm -f output/s*; mkfifo output/similarities.json", /found a pipe/],
  ["folder_1", "rm -f output/s*; mkdir -p output/similarities.json", /found a folder/],
  [
    "sparse_1",
    "rm -f output/s*; truncate -s 400M output/similarities.json",
    /more than the .* MiB/,
  ],
  ["setuid_1", "chmod 4777 output/similarities.json", /^$/],
  ["shut_1", "mkdir -p a/b; chmod 000 a/b a", /^$/],
];

const isRoot = Deno.uid() === 0;
const NOBODY = 65534;

/** Whether the command can be run as nobody: by root, where nobody can read the project and Deno. */
const canBeNobody = isRoot && await new Deno.Command("setpriv", {
  args: [
    ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "env", "HOME=/tmp"],
    ...["sh", "-c", 'test -r "$0" && "$1" --version', join(PROJECT, "cli.ts"), Deno.execPath()],
  ],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => success, () => false);

/** Runs the command as nobody, who has packages of his own in `folder`. */
async function cliAsNobody(folder: string, args: string[]): ReturnType<typeof cli> {
  const cache = join(folder, "cache");
  const { stdout: info } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
    .output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info));
  Deno.mkdirSync(cache);
  await new Deno.Command("cp", { args: ["-a", join(denoDir, "npm"), cache] }).output();
  await new Deno.Command("chown", { args: ["-R", `${NOBODY}:${NOBODY}`, folder] }).output();
  const { code, stdout, stderr } = await new Deno.Command("setpriv", {
    args: [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
      ...[Deno.execPath(), "run", "-A", join(PROJECT, "cli.ts"), ...args],
    ],
    cwd: PROJECT,
    clearEnv: true,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: folder, DENO_DIR: cache, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** What a batch must leave as it was. */
async function stateOfMachine(): Promise<Record<string, unknown>> {
  const processes = Array.from(Deno.readDirSync("/proc"), ({ name }) => name)
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return Deno.readTextFileSync(`/proc/${pid}/cmdline`);
      } catch {
        return "";
      }
    }).filter((line) => /98765|bwrap/.test(line));
  const scratch = Array.from(Deno.readDirSync(tmpdir()), ({ name }) => name)
    .filter((name) => /^qvim-(rerun|cache|proxy)-/.test(name));
  return {
    processes,
    scratch,
    mounts: Deno.readTextFileSync("/proc/self/mounts"),
    library: await digestOf(join(PROJECT, "lib")),
    data: await digestOf(DATA),
  };
}

for (const user of isRoot ? ["root", "nobody"] : ["this user"]) {
  const missing = !bubblewrap
    ? " (needs bubblewrap)"
    : user === "nobody" && !canBeNobody
    ? " (needs setpriv, and a project that nobody can read)"
    : "";
  Deno.test({
    name: `as ${user}: hostile submissions cost their own entries, and an honest one is as it was` +
      missing,
    ignore: missing !== "",
    fn: () => withFolder((folder) => attack(folder, user === "nobody")),
  });
}

/** Runs all attacks, an honest submission last. */
async function attack(folder: string, asNobody: boolean): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const template = readTemplate();
  const notebooks = join(folder, "in");
  Deno.mkdirSync(notebooks);
  const write = (name: string, code: string) =>
    writeNotebook(
      join(notebooks, `${name}.ipynb`),
      composeNotebook(template, {
        implementation: `${loudnessModel()}\n${code}`,
        instance: "const QBVIM_MODEL = new Loudness();",
      }),
    );
  for (const [name, code] of ATTACKS) {
    const port = `${(listener.addr as Deno.NetAddr).port}`;
    write(name, code.replace("LISTENER", port).replace("PROJECT", PROJECT));
  }
  for (const [name, command] of LEAVES) {
    // When the scores are there, and until the run ends.
    const shell = `cd /root_path; for i in $(seq 600); do test -s output/similarities.json && ` +
      `{ ${command}; exit; }; sleep 0.01; done`;
    write(
      name,
      `new Deno.Command("sh", { args: ["-c", ${
        JSON.stringify(shell)
      }], stdout: "null", stderr: "null" }).spawn();
globalThis.addEventListener("unload", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300));`,
    );
  }
  const odd = "we\u001b[31mird_<b>|`*#?%_1";
  write(odd, "");
  Deno.writeTextFileSync(
    join(notebooks, "nulls_1.ipynb"),
    '{"nbformat":4,"metadata":' +
      '{"kernelspec":{"language":"typescript"}},"cells":[{"cell_type":"code","source":"","outputs":[null]}]}',
  );
  Deno.writeTextFileSync(join(notebooks, "deep_1.ipynb"), "[".repeat(20_000));
  Deno.symlinkSync("/dev/zero", join(notebooks, "zeros_1.ipynb"));
  writeSubmissions(folder, ["loudness_1"]);
  Deno.renameSync(join(folder, "loudness_1.ipynb"), join(notebooks, "zz_honest_1.ipynb"));
  const report = join(folder, "report");
  const before = await stateOfMachine();
  const args = [
    ...["rerun", notebooks, "--data", DATA, "--report", report, "--jobs", "2"],
    ...["--timeout", "15", "--disk", "512", "--memory", "3000", "--keep-violations"],
  ];
  const { code, stdout, stderr } = asNobody ? await cliAsNobody(folder, args) : await cli(args);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await stateOfMachine(), before);
  const { entries } = JSON.parse(Deno.readTextFileSync(join(report, "report.json"))) as Report;
  const named = new Map(entries.map((entry) => [entry.name, entry]));
  assert.equal(entries.length, ATTACKS.length + LEAVES.length + 5);
  for (const entry of entries) {
    const said = entry.runs[0].message ?? entry.scoresError ?? "";
    console.log(`${entry.name.padEnd(24)} ${outcomeOf(entry)}: ${said.slice(-90)}`);
  }
  for (const [name, , outcome, remark] of ATTACKS) {
    const { runs, scoresError } = named.get(name)!;
    const [{ status, cell, message }] = runs;
    const found = `${status}${cell === undefined ? "" : ` in cell ${cell}`}`;
    assert.match(found, outcome, `${name}: ${message}`);
    assert.match(message ?? scoresError ?? "", remark, name);
  }
  for (const [name, , remark] of LEAVES) {
    assert.match(named.get(name)!.scoresError ?? "", remark, name);
  }
  for (const name of ["nulls_1", "deep_1", "zeros_1"]) {
    assert.equal(named.get(name)!.runs[0].status, "failed");
  }
  assert.equal(Deno.statSync(join(report, "scores", "setuid_1.json")).mode! & 0o7777, 0o644);
  // deno-lint-ignore no-control-regex -- what a terminal would obey
  assert.doesNotMatch(stdout + stderr, /\u001b/);
  const markdown = Deno.readTextFileSync(join(report, "report.md"));
  assert.match(markdown, /we \\\[31mird_\\<b\\>\\\|\\`\\\*#\?%_1/);
  const html = Deno.readTextFileSync(join(report, "report.html"));
  assert.match(html, /href="notebooks\/we%1B%5B31mird_%3Cb%3E%7C%60\*%23%3F%25_1\.ipynb"/);
  assert.equal(named.get("zz_honest_1")!.figures!.mrr, readGolden().figures.loudness.mrr);
}

Deno.test("isPublic() knows what is no part of the public internet", () => {
  for (const address of ["1.1.1.1", "8.8.8.8", "2606:4700::1111"]) assert.ok(isPublic(address));
  for (
    const address of [
      ...["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"],
      ...[
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
      ],
      ...[
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "x",
      ],
    ]
  ) assert.ok(!isPublic(address), address);
});

Deno.test({
  name: `two re-runs into one folder, shards and their merger${
    bubblewrap ? "" : " (needs bubblewrap)"
  }`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const notebooks = join(folder, "in");
      Deno.mkdirSync(notebooks);
      writeSubmissions(notebooks, ["loudness_1", "dft_1", "names_1"]);
      const run = (report: string, ...options: string[]) =>
        cli(["rerun", notebooks, "--data", DATA, "--report", join(folder, report), ...options]);
      // As Slurm starts the tasks of an array.
      const part = (task: number) =>
        new Deno.Command(join(PROJECT, "docs", "cluster", "rerun.slurm.sh"), {
          cwd: PROJECT,
          env: {
            ...{ NOTEBOOKS: notebooks, DATA, REPORTS: folder },
            ...{ SLURM_ARRAY_TASK_ID: `${task}`, SLURM_ARRAY_TASK_COUNT: "2" },
          },
        }).output();
      const [whole, first, second] = await Promise.all([
        run("whole"),
        part(1),
        part(2),
      ]);
      assert.deepEqual([whole.code, first.code, second.code], [0, 0, 0], whole.stderr);
      const merged = await cli([
        ...["rerun", "--report", join(folder, "merged")],
        ...["--merge", join(folder, "part-1"), "--merge", join(folder, "part-2")],
      ]);
      assert.equal(merged.code, 0, merged.stderr);
      const figures = (name: string) => {
        const path = join(folder, name, "report.json");
        const { entries } = JSON.parse(Deno.readTextFileSync(path)) as Report;
        return entries.map(({ name, figures }) => [name, figures]).sort();
      };
      assert.deepEqual(figures("merged"), figures("whole"));
      Deno.writeTextFileSync(join(folder, "whole", ".lock"), `${Deno.pid}`);
      const refused = await run("whole");
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /another re-run \(process \d+\) is writing there/);
    }),
});

Deno.test({
  name: `further data sets, one without answers${bubblewrap ? "" : " (needs bubblewrap)"}`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      writeSubmissions(folder, ["loudness_1"]);
      const bare = join(folder, "bare");
      Deno.mkdirSync(bare);
      for (const part of ["Items", "Queries"]) Deno.symlinkSync(join(DATA, part), join(bare, part));
      const notebook = join(folder, "loudness_1.ipynb");
      const both = await cli([
        ...["rerun", notebook, "--data", DATA, "--data", DATA, "--report", join(folder, "both")],
      ]);
      assert.equal(both.code, 0, both.stderr);
      const read = (name: string) =>
        (JSON.parse(Deno.readTextFileSync(join(folder, name, "report.json"))) as Report).entries[0];
      assert.equal(read("both").others![0].figures!.mrr, read("both").figures!.mrr);
      const none = await cli(["rerun", notebook, "--data", bare, "--report", join(folder, "none")]);
      assert.equal(none.code, 0, none.stderr);
      const best = Deno.readTextFileSync(join(folder, "none", read("none").best!)).split("\n");
      assert.equal(best[0], "query,rank,item,score");
      assert.equal(best.length, 1 + 57 * 10 + 1);
    }),
});
