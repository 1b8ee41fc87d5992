/**
 * Makes `kernels.wasm` of `kernels.wat`: `deno run -A --no-lock tools/build_kernels.ts`. A test holds
 * the one to the other.
 */

/** Fetched when it is first needed: what a literal names comes into the lock, and to everybody. */
const WABT = ["npm:wabt", "1.0.39"].join("@");

const source = new URL("../lib/audio/kernels/kernels.wat", import.meta.url);

/** Assembles the kernels. */
export async function buildKernels(): Promise<Uint8Array> {
  const { default: wabt } = await import(WABT);
  const { parseWat } = await wabt();
  // As bytes: the assembler cuts wider characters of a string down to eight bits.
  const module = parseWat("kernels.wat", Deno.readFileSync(source), { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

if (import.meta.main) Deno.writeFileSync(new URL("kernels.wasm", source), await buildKernels());
