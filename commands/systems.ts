/** The systems that tables have. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { QVIMModel, type Similarities, type SoundPaths } from "../lib/challenge/model.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { MobileNetBaseline } from "../lib/models/mobilenet/mobilenet.ts";
import { TwoDft } from "../lib/models/two_dft.ts";
import { VocalSearch } from "../lib/models/vocal_search/vocal_search.ts";

/** Where the notebook of the MN baseline downloads its checkpoint to. */
const CHECKPOINT = join("checkpoints", "baseline.ckpt");

/** Scores that mean nothing. */
class Chance extends QVIMModel {
  computeSimilarities(items: SoundPaths, queries: SoundPaths): Similarities {
    const random = seededRandom(1);
    return Object.fromEntries(
      Object.keys(queries).map((query) => [
        query,
        Object.fromEntries(Object.keys(items).map((item) => [item, random()])),
      ]),
    );
  }
}

/** The option that names the MN baseline's checkpoint. */
export const CHECKPOINT_OPTION = {
  kind: "text",
  value: "FILE",
  help: "the checkpoint of the MN baseline, to have it in the table as well; " +
    `${CHECKPOINT} where that is there`,
} as const;

/**
 * All systems; the MN baseline where there is a checkpoint of it.
 *
 * @param encoders Where VocalSearch's networks are, unless they are the package's.
 */
export async function allSystems(
  file?: string,
  encoders?: string,
): Promise<[name: string, model: QVIMModel][]> {
  const systems: [string, QVIMModel][] = [
    ["random", new Chance()],
    ["2DFT", new TwoDft()],
    ["contours", new VocalSearch({ encoder: false })],
    ["encoder", new VocalSearch({ contours: false, encoders })],
    ["fusion", new VocalSearch({ encoders })],
    ["fusion, batch", new VocalSearch({ queriesAsBatch: true, encoders })],
  ];
  const checkpoint = file ?? (existsSync(CHECKPOINT) ? CHECKPOINT : undefined);
  if (checkpoint !== undefined) {
    const mobileNet = await MobileNetBaseline.fromCheckpoint(checkpoint);
    systems.push(["MN", mobileNet], [
      "fusion, MN",
      new VocalSearch({ fuseWith: mobileNet, encoders }),
    ]);
  }
  return systems;
}
