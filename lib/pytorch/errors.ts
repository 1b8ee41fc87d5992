/** Thrown where a checkpoint can't be read or is not of the expected network; names what is wrong. */
export class CheckpointError extends Error {
  override name = "CheckpointError";
}
