import { QvimError } from "../io/errors.ts";

/** Thrown where a checkpoint can't be read or is not of the expected network; names what is wrong. */
export class CheckpointError extends QvimError {}
