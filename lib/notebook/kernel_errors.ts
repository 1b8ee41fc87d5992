import { QvimError } from "../io/errors.ts";

/** Thrown where the kernel's process ended while something was asked of it. */
export class DeadKernelError extends QvimError {}

/** Thrown where a cell, a run or the kernel's start takes longer than it may. */
export class CellTimeoutError extends QvimError {}
