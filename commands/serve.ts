import { serveLibrary } from "../lib/web/server.ts";
import { defineCommand } from "./command.ts";
import { LIBRARY_OPTION } from "./index.ts";

/** What others than this machine's user should know. */
const ELSEWHERE =
  "Browsers lend their microphone to https pages and to 127.0.0.1 alone: on other " +
  "machines recordings can be opened, unless a server with https stands before this one.";

export const serveCommand = defineCommand({
  name: "serve",
  summary: "Serves a page that finds sounds of a library by a microphone.",
  details:
    "The page works without any other host, and for this machine alone. With --host others can " +
    `come: they need the token in the address that is printed. ${ELSEWHERE}`,
  options: {
    library: LIBRARY_OPTION,
    port: {
      kind: "port",
      value: "PORT",
      default: 8080,
      help: "where it listens; 0 for any that is free",
    },
    host: {
      kind: "text",
      value: "HOST",
      default: "127.0.0.1",
      help: "which address it listens on; 0.0.0.0 for all of this machine's",
    },
  },
  async run({ library, port, host }) {
    const server = await serveLibrary({ library, port, host });
    console.log(`Make a noise at ${server.url}`);
    if (server.token !== undefined) console.error(ELSEWHERE);
    console.error("Ctrl-C ends it");
    await server.finished;
    return 0;
  },
});
