import assert from "node:assert/strict";
import { join } from "node:path";
import { FIXTURES, PROJECT, withFolder } from "../support.ts";

const LISTENING = new URL("../../lib/library/listening.ts", import.meta.url).href;

Deno.test("a sound whose decoder can't be fetched is not read, and not broken: it is heard another time", () =>
  withFolder(async (folder) => {
    // In the program itself: its own packages are there. Nothing listens at that port.
    const program = `
      import { createModel } from ${JSON.stringify(LISTENING)};
      Deno.env.set("XDG_CACHE_HOME", ${JSON.stringify(folder)});
      Deno.env.set("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9");
      console.log(JSON.stringify(await createModel().embedItem(Deno.args[0])));`;
    const path = join(FIXTURES, "sounds", "a.mp3");
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--config", join(PROJECT, "deno.json"), program, path],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.ok(text !== "", new TextDecoder().decode(stderr));
    const { error, isUnread } = JSON.parse(text);
    assert.ok(
      error.startsWith(`Expected to hear ${path} but found: Expected to fetch the decoders`),
    );
    assert.equal(isUnread, true);
  }));
