import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertCheckpoint } from "../../../lib/models/mobilenet/convert.ts";
import { findPython, withFolder } from "../../support.ts";
import { assertClose, embedInput } from "./embed_input.ts";

const SCRIPT = fileURLToPath(new URL("../../fixtures/make_mobilenet.py", import.meta.url));

const pythonWithTorch = findPython("torch, numpy");
const noTorch = pythonWithTorch === undefined;
Deno.test({
  name: `convertCheckpoint() agrees with PyTorch at width 1.0${noTorch ? " (needs PyTorch)" : ""}`,
  ignore: noTorch,
  fn: () =>
    withFolder(async (folder) => {
      const run = (...args: string[]) => {
        const { success, stdout, stderr } = new Deno.Command(pythonWithTorch!, {
          args: [SCRIPT, ...args],
        })
          .outputSync();
        assert.ok(success, new TextDecoder().decode(stderr));
        return new TextDecoder().decode(stdout);
      };
      const expected: number[] = JSON.parse(run("outputs", "1.0"))["1.0"];
      const checkpoint = join(folder, "full.ckpt");
      run("checkpoint", "1.0", checkpoint);
      const { queryEncoder } = await convertCheckpoint(checkpoint, join(folder, "onnx"));
      assertClose(await embedInput(queryEncoder), expected);
    }),
});
