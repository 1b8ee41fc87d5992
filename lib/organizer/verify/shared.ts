/** Objects of the runtime that everybody shares: whoever holds one can change it. */
import process from "node:process";

/** Some of them, whatever this runtime has. */
const KNOWN =
  /^(JSON|Math|Object|Array|Map|Set|WeakMap|WeakSet|Promise|Symbol|Date|RegExp|Error|Intl|Atomics|console|performance|Float32Array|Float64Array|Uint8Array|Int16Array|ArrayBuffer|DataView|crypto|navigator|Iterator|Temporal|TextDecoder|TextEncoder|URL|Response|Request|Headers|Buffer)$/;
/** What is written to, and what other code makes of itself. */
const HANDED_OUT = /^((Deno|process|node:process)\.(stdout|stderr|args|argv|errors|env))(\.|$)/;
/** What every function has. */
const OF_FUNCTIONS = new Set(["length", "name", "prototype", "arguments", "caller"]);

/** Whether a name of the runtime's is that of an object which others use as well. */
export function isShared(name: string): boolean {
  if (KNOWN.test(name)) return true;
  if (HANDED_OUT.test(name)) return false;
  const value = valueOf(name);
  if (typeof value === "object") return value !== null;
  return typeof value === "function" &&
    Object.getOwnPropertyNames(value).some((key) => !OF_FUNCTIONS.has(key));
}

/** What a name stands for in this runtime, which is the submissions' as well. */
function valueOf(name: string): unknown {
  const [root, ...members] = name.split(".");
  try {
    const start = root.startsWith("node:")
      ? process.getBuiltinModule(root.slice(5))
      : (globalThis as Record<string, unknown>)[root];
    return members.reduce((it: unknown, key) => (it as Record<string, unknown>)?.[key], start);
  } catch {
    // A getter that wants its own object.
    return undefined;
  }
}
