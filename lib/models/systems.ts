/** The systems that tables compare. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { QVIMModel, type Similarities, type SoundPaths } from "../challenge/model.ts";
import { seededRandom } from "../challenge/statistics.ts";
import { MobileNetBaseline } from "./mobilenet/mobilenet.ts";
import { TwoDft } from "./two_dft.ts";
import { VocalSearch } from "./vocal_search/vocal_search.ts";

/** Where the notebook of the MN baseline downloads its checkpoint to, from the package's folder. */
export const MOBILENET_CHECKPOINT = join("checkpoints", "baseline.ckpt");
const PACKAGE_FOLDER = fileURLToPath(new URL("../..", import.meta.url));

/** Scores that mean nothing: the same ones in every run. */
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

/** Those that hear something and need no file of others, from the simplest to the best. */
export const BUILT_IN: Record<string, (encoders?: string) => QVIMModel> = {
  "2DFT": () => new TwoDft(),
  "contours": () => new VocalSearch({ encoder: false }),
  "encoder": (encoders) => new VocalSearch({ contours: false, encoders }),
  "fusion": (encoders) => new VocalSearch({ encoders }),
  "fusion, batch": (encoders) => new VocalSearch({ queriesAsBatch: true, encoders }),
};

/**
 * All systems, by what tables call them, with chance before them and the MN baseline behind them where
 * there is a checkpoint of it.
 *
 * @param checkpoint That checkpoint; {@linkcode MOBILENET_CHECKPOINT} unless given.
 * @param encoders Where VocalSearch's networks are, unless they are the package's.
 * @throws {CheckpointError} Where the checkpoint that is given is not there, or is none.
 */
export async function allSystems(
  checkpoint?: string,
  encoders?: string,
): Promise<[name: string, model: QVIMModel][]> {
  const systems: [string, QVIMModel][] = [
    ["random", new Chance()],
    ...Object.entries(BUILT_IN).map(([name, make]): [string, QVIMModel] => [name, make(encoders)]),
  ];
  const usual = join(PACKAGE_FOLDER, MOBILENET_CHECKPOINT);
  const file = checkpoint ?? (existsSync(usual) ? usual : undefined);
  if (file !== undefined) {
    const mobileNet = await MobileNetBaseline.fromCheckpoint(file);
    const fused = new VocalSearch({ fuseWith: mobileNet, encoders });
    systems.push(["MN", mobileNet], ["fusion, MN", fused]);
  }
  return systems;
}
