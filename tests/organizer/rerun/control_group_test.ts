import assert from "node:assert/strict";
import { ControlGroups, groupFolders } from "../../../lib/organizer/rerun/control_group.ts";

const MOUNTS = `22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate`;

Deno.test("groupFolders() gives the group of a process and those that it is in", () => {
  const own = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n";
  assert.deepEqual(groupFolders(MOUNTS, own), [
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope",
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice",
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service",
    "/sys/fs/cgroup/user.slice/user-1000.slice",
    "/sys/fs/cgroup/user.slice",
    "/sys/fs/cgroup",
  ]);
  // Beside the first version, which has the lines with numbers.
  const hybrid = MOUNTS.replaceAll("/sys/fs/cgroup", "/sys/fs/cgroup/unified");
  assert.deepEqual(groupFolders(hybrid, "4:memory:/x\n0::/\n"), ["/sys/fs/cgroup/unified"]);
});

Deno.test("groupFolders() goes by the part that is mounted, as in a container", () => {
  const part = MOUNTS.replace("0:26 / ", "0:26 /docker/abc ");
  assert.deepEqual(groupFolders(part, "0::/docker/abc/x\n"), [
    "/sys/fs/cgroup/x",
    "/sys/fs/cgroup",
  ]);
  assert.deepEqual(groupFolders(part, "0::/docker/other\n"), []);
  assert.deepEqual(groupFolders("22 1 254:0 / / rw - ext4 /dev/vda rw", "0::/\n"), []);
  assert.deepEqual(groupFolders(MOUNTS, "4:memory:/x\n"), []);
});

const groups = await ControlGroups.find();
groups?.close();
const needs = groups === undefined ? " (needs control groups that can be written to)" : "";
const LIMITS = { memory: 2 ** 28, processes: 2, disk: 0, timeout: 0 };

async function run([program, ...args]: string[]): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(program, {
    ...{ args, stdin: "null", stdout: "null" },
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: `ControlGroups hold what is in them to memory and a number of processes${needs}`,
  ignore: groups === undefined,
  fn: async () => {
    const groups = await ControlGroups.find();
    assert.ok(groups);
    try {
      const hoarder = groups.make(LIMITS, 1);
      // 400 MiB in files in memory: of no process, and all the same of the group.
      const fill = 'f=$(mktemp -p /dev/shm); head -c 400M /dev/zero > "$f"; rm -f "$f"';
      const { code } = await run([...hoarder.enter, "sh", "-c", fill]);
      assert.notEqual(code, 0);
      assert.ok(hoarder.tookTooMuch());
      await hoarder.remove();
      const forks = groups.make(LIMITS, 1);
      const many = "for i in $(seq 100); do sleep 98765 >/dev/null 2>&1 & done";
      assert.match((await run([...forks.enter, "sh", "-c", many])).stderr, /fork/);
      assert.ok(!forks.tookTooMuch());
      // Those that were started and forgotten are gone with the group.
      await forks.remove();
      const honest = groups.make(LIMITS, 1);
      assert.equal((await run([...honest.enter, "true"])).code, 0);
      await honest.remove();
    } finally {
      groups.close();
    }
    const left = Array.from(Deno.readDirSync("/proc"), ({ name }) => name).filter((pid) => {
      try {
        return /98765/.test(Deno.readTextFileSync(`/proc/${pid}/cmdline`));
      } catch {
        return false;
      }
    });
    assert.deepEqual(left, []);
  },
});
