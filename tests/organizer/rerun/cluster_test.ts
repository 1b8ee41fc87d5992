import assert from "node:assert/strict";
import { join } from "node:path";
import { NEEDS_UNIX, PROJECT, withFolder } from "../../support.ts";

/** Fetched when it is first needed: what a literal names comes into the lock, and to everybody. */
const YAML = ["npm:yaml", "2.8.1"].join("@");

/** What a program that is called `deno` is given, where a command of the shell calls it. */
async function givenToDeno(command: string[], env: Record<string, string>): Promise<string[]> {
  return await withFolder(async (folder) => {
    const stub = join(folder, "deno");
    Deno.writeTextFileSync(stub, '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
    const [program, ...args] = command;
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      env: { PATH: `${folder}:${Deno.env.get("PATH")}`, ...env },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim().split("\n");
  });
}

Deno.test({
  name:
    `the job of Kubernetes does each part once, as nobody in particular, with what it mounts${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: async () => {
    const { parse } = await import(YAML);
    const job = parse(Deno.readTextFileSync(join(PROJECT, "docs", "cluster", "rerun.k8s.yaml")));
    assert.deepEqual([job.apiVersion, job.kind], ["batch/v1", "Job"]);
    const { completionMode, completions, parallelism, template } = job.spec;
    assert.equal(completionMode, "Indexed");
    assert.equal(parallelism, completions);
    const { spec } = template;
    assert.equal(spec.restartPolicy, "Never");
    // An unmasked /proc is given to pods with users of their own alone.
    assert.equal(spec.hostUsers, false);
    assert.equal(spec.automountServiceAccountToken, false);
    const [container, ...others] = spec.containers;
    assert.deepEqual(others, []);
    const { securityContext, resources, env, volumeMounts, command, args } = container;
    assert.deepEqual(securityContext, {
      runAsUser: 1000,
      runAsNonRoot: true,
      seccompProfile: { type: "Unconfined" },
      appArmorProfile: { type: "Unconfined" },
      procMount: "Unmasked",
    });
    assert.ok(resources.limits.memory);
    assert.deepEqual(env, [{ name: "DENO_DIR", value: "/deno" }]);
    const names = (list: { name: string }[]) => list.map(({ name }) => name);
    assert.deepEqual(names(volumeMounts), names(spec.volumes));
    const parts = await Promise.all(
      Array.from(
        { length: completions },
        (_, k) => givenToDeno([...command, ...args], { JOB_COMPLETION_INDEX: `${k}` }),
      ),
    );
    for (const [k, words] of parts.entries()) {
      assert.deepEqual(words, [
        ...["task", "rerun", "/shared/notebooks", "--data", "/shared/data", "--resume"],
        ...["--shard", `${k + 1}/${completions}`, "--report", `/shared/reports/part-${k + 1}`],
      ]);
    }
  },
});

Deno.test({
  name: `the array of Slurm does a part for each of its tasks${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: async () => {
    const script = join(PROJECT, "docs", "cluster", "rerun.slurm.sh");
    const env = {
      ...{ NOTEBOOKS: "/my notebooks", DATA: "/data", REPORTS: "/reports", QVIM: PROJECT },
      ...{ SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "8" },
    };
    assert.deepEqual(await givenToDeno(["bash", script, "--jobs", "2"], env), [
      ...["task", "rerun", "/my notebooks", "--data", "/data", "--resume"],
      ...["--shard", "3/8", "--report", "/reports/part-3", "--jobs", "2"],
    ]);
  },
});
