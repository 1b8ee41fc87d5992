import { QvimError } from "../../io/errors.ts";

/** Thrown where a batch can't begin, or can't be believed; the message says why. */
export class BatchError extends QvimError {}
