import assert from "node:assert/strict";
import { attemptOf, startedBy } from "../../../lib/organizer/rerun/attempts.ts";

const PLACES = { root: "/root_path", data: "/data", packageFolder: "/package", cache: "/cache" };

Deno.test("attemptOf() tells what is not a run's own, and nothing else", () => {
  const told: [permission: string, value: string, expected: string | undefined][] = [
    ["read", "/etc/passwd", "tried to read /etc/passwd"],
    ["read", "/data/DEV Dataset.csv", "tried to read /data/DEV Dataset.csv"],
    ["read", "/data/Items/../DEV Dataset.csv", "tried to read /data/DEV Dataset.csv"],
    ["read", "/root_path/../home/x", "tried to read /home/x"],
    ["read", "/root_path2/x", "tried to read /root_path2/x"],
    ["read", "file:///home/a%20b", "tried to read /home/a b"],
    ["read", "/proc/1/environ", "tried to read /proc/1/environ"],
    ["net", "1.1.1.1:443", "tried to reach 1.1.1.1:443"],
    ["ffi", "/root_path/evil.so", "loaded native code from /root_path/evil.so"],
    ["read", "/" + "x".repeat(500), `tried to read /${"x".repeat(199)}…`],
    ["read", "/data", undefined],
    ["read", "/data/Items/dog/1.wav", undefined],
    ["read", "/root_path/weights.json", undefined],
    ["read", "file:///root_path/lib/mod.ts", undefined],
    ["read", "/usr/lib/x.so", undefined],
    ["read", "/proc/self/cmdline", undefined],
    ["read", "/proc/self/environ", "tried to read /proc/self/environ"],
    ["read", "/node_modules/x/package.json", undefined],
    ["write", "/etc/passwd", undefined],
    ["env", "HOME", undefined],
    ["net", "127.0.0.1:8080", undefined],
    ["ffi", "/cache/npm/registry/onnxruntime-node/1/x.node", undefined],
  ];
  for (const [permission, value, expected] of told) {
    assert.equal(attemptOf({ permission, value }, PLACES), expected, value);
  }
  assert.equal(attemptOf({ permission: "read", value: null }, PLACES), undefined);
});

Deno.test("startedBy() knows the library's own processes from those of a cell", () => {
  const told = (line: string) => startedBy(line.split(" "), PLACES);
  const worker = "/root_path/lib/embedding/worker.ts";
  assert.equal(told(`/deno_program/deno run --quiet --v8-flags=--x -A ${worker} {}`), undefined);
  assert.equal(told("/deno_program/deno jupyter --kernel --conn /tmp/x.json"), undefined);
  assert.equal(told("hostname"), undefined);
  assert.equal(told("sh -c ls"), "started sh -c ls");
  // The name of ours as an argument of another program.
  const evil = `/deno_program/deno run -A /tmp/evil.ts ${worker}`;
  assert.equal(told(evil), `started ${evil}`);
  assert.equal(told(`sh ${worker}`), `started sh ${worker}`);
});

Deno.test("a cell that may fetch is told of neither for what it reaches nor for Git", () => {
  const record = { permission: "net", value: "https://example.org/weights.onnx" };
  assert.equal(attemptOf(record, PLACES), "tried to reach https://example.org/weights.onnx");
  assert.equal(attemptOf(record, PLACES, true), undefined);
  const file = { permission: "read", value: "/etc/passwd" };
  assert.equal(attemptOf(file, PLACES, true), "tried to read /etc/passwd");
  const commands = [
    "/usr/bin/git clone -- https://example.org/x.git",
    "/usr/lib/git-core/git-remote-https origin https://example.org/x.git",
    "git rev-parse HEAD",
  ].map((line) => line.split(" "));
  for (const command of commands) {
    assert.equal(startedBy(command, PLACES), `started ${command.join(" ")}`);
    assert.equal(startedBy(command, PLACES, true), undefined);
  }
  assert.equal(startedBy(["/tmp/git", "x"], PLACES, true), "started /tmp/git x");
});
