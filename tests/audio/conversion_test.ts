import assert from "node:assert/strict";
import { conversion } from "../../lib/audio/pcm.ts";
import { withFolder } from "../support.ts";

Deno.test({
  name: "conversion() is a command that a shell reads as it was meant, whatever a file is called",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const names = [
        "door.m4a",
        "a b.m4a",
        "$(touch done).m4a",
        "`touch done`.m4a",
        `it's "$HOME" \\ ; touch done #.m4a`,
        "ümlaut&!.m4a",
      ];
      for (const name of names) {
        const command = conversion(name).replace("convert it: ffmpeg -i ", "printf '%s\\n' ");
        const { stdout } = await new Deno.Command("sh", { args: ["-c", command], cwd: folder })
          .output();
        assert.equal(new TextDecoder().decode(stdout), `${name}\n${name}.wav\n`);
      }
      assert.deepEqual([...Deno.readDirSync(folder)], []);
      assert.equal(conversion("-y.m4a"), "convert it: ffmpeg -i './-y.m4a' './-y.m4a.wav'");
    }),
});

Deno.test("conversion() leaves a name out that could not be pasted", () => {
  for (const name of ["a\nb.m4a", "\u001b[2Jx.m4a", "x\u202ey.m4a"]) {
    assert.equal(conversion(name), "convert it: ffmpeg -i FILE FILE.wav");
  }
});
