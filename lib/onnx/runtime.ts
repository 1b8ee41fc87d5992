/**
 * ONNX Runtime, as all of this package loads it: nothing else imports its package. It is a library of
 * the system's, a quarter of what it takes to load this one, so who imports this module defers it.
 */
import "./no_telemetry.ts";
import ort from "onnxruntime-node";

export const { InferenceSession, Tensor } = ort;
/** A network that can be run. */
export type InferenceSession = ort.InferenceSession;
/** What goes into a network, and what comes out of it. */
export type Tensor = ort.Tensor;
