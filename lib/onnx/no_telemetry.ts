/**
 * Left alone, ONNX Runtime gives each user a number, keeps a database of what is run, and sends it to
 * its makers. It must be told not to before it is loaded, so this module is imported first.
 */
const NAME = "ORT_DISABLE_TELEMETRY";

try {
  // Who has decided for himself has decided.
  if (Deno.env.get(NAME) === undefined) Deno.env.set(NAME, "1");
} catch (error) {
  // A program that may not change its environment has to be started with it.
  if (!(error instanceof Deno.errors.NotCapable)) throw error;
}
