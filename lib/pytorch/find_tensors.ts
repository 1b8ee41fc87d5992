import { inspectShort } from "../io/options.ts";
import { CheckpointError } from "./errors.ts";
import { PickleObject } from "./pickle.ts";
import { Tensor } from "./tensor.ts";

/** What training programs call the dictionary of the network's tensors, the likeliest first. */
const STATE_NAMES = ["state_dict", "model_state_dict", "model", "net", "network", "module"];
/** What a whole network that was saved keeps its tensors and its parts in. */
const MODULE_FIELDS = ["_parameters", "_buffers", "_modules"];
/** Dictionaries in dictionaries that are looked into. */
const MAX_DEPTH = 32;
/** Characters of a tensor's name: many tensors can lie behind one long name. */
const MOST_NAME = 1000;
/** Keys that an error shows. */
const SHOWN = 5;

/**
 * The tensors by name, wherever they lie: those of `state_dict`, as PyTorch Lightning saves it, or of
 * what others call it, by their own names; others, and those of dictionaries, lists and networks
 * further in, behind the names of what they lie in.
 *
 * @throws {CheckpointError} Where there are none.
 */
export function findTensors(root: unknown): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  collectTensors(root, "", tensors, new Set(), 0);
  if (tensors.size > 0) return tensors;
  if (!(root instanceof Map)) {
    throw new CheckpointError(
      `Expected a dictionary of tensors but found ${inspectShort(root)}`,
    );
  }
  const keys = [...root.keys()].slice(0, SHOWN).map(inspectShort);
  throw new CheckpointError(
    `Expected tensors in the checkpoint but found none: ` +
      (keys.length === 0 ? "it is empty" : `its ${root.size} keys begin with ${keys.join(", ")}`),
  );
}

/** @param seen What was looked into: one thing can lie in many places, and within itself. */
function collectTensors(
  value: unknown,
  prefix: string,
  tensors: Map<string, Tensor>,
  seen: Set<unknown>,
  depth: number,
): void {
  const parts = partsOf(value);
  if (parts === undefined || depth > MAX_DEPTH || seen.has(value)) return;
  seen.add(value);
  for (const [name, inner] of parts) {
    if (inner instanceof Tensor) {
      const full = prefix + name;
      if (full.length > MOST_NAME) {
        throw new CheckpointError(
          `Expected shorter names of tensors but found ${inspectShort(full)}`,
        );
      }
      if (!tensors.has(full)) tensors.set(full, inner);
      continue;
    }
    collectTensors(inner, name === "" ? prefix : `${prefix}${name}.`, tensors, seen, depth + 1);
  }
}

/** What lies in a dictionary, a list or a network, by names; empty ones add nothing to a tensor's. */
function partsOf(value: unknown): [name: string, inner: unknown][] | undefined {
  if (!hasParts(value)) return undefined;
  if (value instanceof PickleObject) {
    const state = value.state as Map<unknown, unknown>;
    return MODULE_FIELDS.map((field) => ["", state.get(field)]);
  }
  if (Array.isArray(value)) return value.map((inner, i) => [`${i}`, inner]);
  const state = STATE_NAMES.find((name) => hasParts(value.get(name)));
  const others = [...value].filter(([name]) => typeof name === "string" && name !== state);
  return state === undefined ? others : [["", value.get(state)], ...others];
}

/** Whether something can be looked into. */
function hasParts(value: unknown): value is unknown[] | Map<string, unknown> | PickleObject {
  return Array.isArray(value) || value instanceof Map ||
    (value instanceof PickleObject && value.state instanceof Map);
}
