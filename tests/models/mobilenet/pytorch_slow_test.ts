import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildEncoders, writeEncoders } from "../../../lib/models/mobilenet/convert.ts";
import { findPython, withFolder } from "../../support.ts";
import { assertClose, embedInput } from "./embed_input.ts";

const SCRIPT = fileURLToPath(new URL("../../fixtures/make_mobilenet.py", import.meta.url));

const pythonWithTorch = findPython("torch, numpy");
const noTorch = pythonWithTorch === undefined;
Deno.test({
  name: `buildEncoders() agrees with PyTorch at width 1.0${noTorch ? " (needs PyTorch)" : ""}`,
  ignore: noTorch,
  fn: () =>
    withFolder(async (folder) => {
      const checkpoint = join(folder, "full.ckpt");
      const { success, stdout, stderr } = new Deno.Command(pythonWithTorch!, {
        args: [SCRIPT, "checkpoint", "1.0", checkpoint],
        // Its threads wait for each other by counting.
        env: { OMP_NUM_THREADS: "1" },
      }).outputSync();
      assert.ok(success, new TextDecoder().decode(stderr));
      const expected: number[] = JSON.parse(new TextDecoder().decode(stdout))["1.0"];
      const { queryEncoder } = await writeEncoders(await buildEncoders(checkpoint), folder);
      assertClose(await embedInput(queryEncoder), expected);
    }),
});
