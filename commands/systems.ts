import { MOBILENET_CHECKPOINT } from "../lib/models/systems.ts";

/** The option that names the MN baseline's checkpoint, of all commands that compare systems. */
export const CHECKPOINT_OPTION = {
  kind: "text",
  value: "FILE",
  help: "the checkpoint of the MN baseline, to have it in the table as well; " +
    `${MOBILENET_CHECKPOINT} where that is there`,
} as const;
