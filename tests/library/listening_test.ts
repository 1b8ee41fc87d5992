import assert from "node:assert/strict";
import { join } from "node:path";
import { createModel } from "../../lib/library/listening.ts";
import { FIXTURES, PROJECT, withFolder } from "../support.ts";
import { writeSound } from "./support.ts";

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

Deno.test("a sound at a rate at which nothing is heard is broken: a megabyte would last for days", () =>
  withFolder(async (folder) => {
    const path = join(folder, "slow.wav");
    const samples = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i));
    writeSound(path, samples, { rate: 999 });
    const { error } = await createModel().embedItem(path) as { error: string };
    assert.equal(error, `Expected a rate of 1000 Hz or more but found 999 in ${path}`);
    writeSound(path, samples, { rate: 1000 });
    assert.ok("pieces" in await createModel().embedItem(path));
  }));
