/** The program that verifies notebooks: `{"paths": […], "types": …}` on standard input. */
import { verifyFiles } from "./verify_files.ts";

const { paths, types } = JSON.parse(await new Response(Deno.stdin.readable).text());
console.log(JSON.stringify(Object.fromEntries(await verifyFiles(paths, types))));
