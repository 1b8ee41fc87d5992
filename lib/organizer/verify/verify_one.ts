/** The program that verifies one notebook: `deno run -A verify_one.ts FILE [types]`. */
import { verifyAll } from "./verify_files.ts";

const [path, types] = Deno.args;
const [verification] = (await verifyAll([path], types !== undefined)).values();
console.log(JSON.stringify(verification));
