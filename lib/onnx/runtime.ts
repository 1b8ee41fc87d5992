/** ONNX Runtime, as all of this package loads it: nothing else imports its package. */
import "./no_telemetry.ts";

export { default } from "onnxruntime-node";
