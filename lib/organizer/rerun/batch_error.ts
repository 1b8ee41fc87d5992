import { QvimError } from "../../io/errors.ts";

/** Thrown where a batch can't begin, or can't be believed; the message says why. */
export class BatchError extends QvimError {}

/** Thrown where what a run came to can't be kept: that is the disk's fault, and no submission's. */
export class KeepError extends BatchError {}
