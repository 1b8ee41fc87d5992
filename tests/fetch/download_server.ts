/** A file on a server, to be downloaded, that answers as a test wants it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { wgetDownload } from "../../helpers.ts";
import { type Answer, type HttpsServer, type Request, withServer } from "./https_server.ts";
import { someBytes, withRoot } from "./support.ts";

/** The file that is downloaded, and what is known of it. */
export const BYTES = someBytes(300_000);
export const SHA256 = createHash("sha256").update(BYTES).digest("hex");
export const URL_ = "https://example.org/files/model.bin";
export const ETAG = '"v1"';

/** Downloads `model.bin` with little waiting. */
export function fetchIt(server: HttpsServer, options = {}) {
  return wgetDownload("model.bin", URL_, "checkpoints", {
    fetch: server.fetch,
    retryDelay: 5,
    tries: 4,
    ...options,
  });
}

/** Answers with the file, or the part of it that is asked for. */
export function file(
  request: Request,
  headers: Record<string, string | number> = { etag: ETAG },
): Answer {
  const start = Number(request.headers.get("range")?.match(/^bytes=(\d+)-$/)?.[1] ?? NaN);
  if (Number.isNaN(start) || request.headers.get("if-range") !== headers.etag) {
    return { headers, body: BYTES };
  }
  const range = `bytes ${start}-${BYTES.length - 1}/${BYTES.length}`;
  return {
    status: 206,
    headers: { ...headers, "content-range": range },
    body: BYTES.subarray(start),
  };
}

/** Answers the requests for it by `answer`; `use` gets the server, and the folder that the file goes to. */
export async function run(
  answer: (request: Request, count: number) => Answer,
  use: (server: HttpsServer, folder: string) => Promise<void>,
) {
  let count = 0;
  await withRoot((root) =>
    withServer(
      (request) => answer(request, ++count),
      (server) => use(server, join(root, "checkpoints")),
    )
  );
}
