import assert from "node:assert/strict";
import { join } from "node:path";
import { MISSING_MOUNT, withSmallDisk } from "../small_disk.ts";
import { PROJECT, withFolder } from "../support.ts";
import { flac } from "./odd_files.ts";

const READ_AUDIO = new URL("../../lib/audio/read_audio.ts", import.meta.url).href;

Deno.test({
  name: `readAudio() says where there is no room for what it decodes${MISSING_MOUNT}`,
  ignore: MISSING_MOUNT !== "",
  fn: () =>
    withFolder((folder) =>
      withSmallDisk(10, async (disk) => {
        const path = join(folder, "long.flac");
        Deno.writeFileSync(path, flac(Array.from({ length: 60 }, (_, i) => [65535, i])));
        const program = `import { readAudio } from ${JSON.stringify(READ_AUDIO)};
          await readAudio(Deno.args[0]).catch(({ message }) => console.log(message));`;
        const { stdout } = await new Deno.Command(Deno.execPath(), {
          args: ["eval", "--config", join(PROJECT, "deno.json"), program, path],
          env: { TMPDIR: disk },
        }).output();
        const text = new TextDecoder().decode(stdout);
        assert.ok(/No space left/.test(text) && text.includes(join(disk, "qvim-samples-")), text);
        assert.deepEqual([...Deno.readDirSync(disk)], []);
      })
    ),
});
