import assert from "node:assert/strict";
import { googleDriveDownload } from "../../helpers.ts";
import { parseDriveLink } from "../../lib/fetch/drive.ts";
import { type Answer, type Request, withServer } from "./https_server.ts";
import { assertFiles, someBytes, withRoot } from "./support.ts";

const BYTES = someBytes(5000);
const ID = "1AbC_d-EfGhIjKlMnOpQrStUv";
const HTML = { "content-type": "text/html; charset=utf-8" };

const LARGE_FILE_PAGE =
  `<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head>
<body><p>Google Drive can't scan this file for viruses.</p>
<form id="download-form" action="https://drive.usercontent.google.com/download" method="get">
<input type="submit" id="uc-download-link" value="Download anyway"/>
<input type="hidden" name="id" value="${ID}"><input type="hidden" name="export" value="download">
<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="12-34&amp;56">
</form></body></html>`;

async function run(
  answer: (request: Request) => Answer,
  check: (log: string[], root: string, error?: Error) => void,
  url = `https://drive.google.com/file/d/${ID}/view?usp=sharing`,
) {
  await withRoot((root) =>
    withServer(answer, async (server) => {
      const options = { fetch: server.fetch, tries: 1 };
      const error = await googleDriveDownload("model.bin", url, ".", options).then(
        () => undefined,
        (e) => e,
      );
      check(server.log, root, error);
    })
  );
}

for (
  const [shape, resourceKey] of [
    [`/file/d/${ID}/view?usp=sharing`],
    [`/file/u/1/d/${ID}/edit`],
    [`/open?id=${ID}`],
    [`/uc?id=${ID}&export=download`],
    [`/uc?export=download&id=${ID}&resourcekey=0-k_e-y`, "0-k_e-y"],
    [`/file/d/${ID}/view?resourcekey=0-k_e-y`, "0-k_e-y"],
  ]
) {
  Deno.test(`parseDriveLink() reads ${shape}`, () => {
    const link = parseDriveLink(new URL(shape, "https://drive.google.com"));
    assert.deepEqual(link, { id: ID, resourceKey });
  });
}

for (
  const url of [
    "https://drive.google.com/drive/my-drive",
    "https://drive.google.com.example.org/file/d/abc/view",
    "http://drive.google.com/file/d/abc/view",
    "https://example.org/file/d/abc/view",
  ]
) {
  Deno.test(`googleDriveDownload() throws TypeError on ${url}`, async () => {
    await assert.rejects(googleDriveDownload("a", url, "."), {
      name: "TypeError",
      message: /sharedUrl/,
    });
  });
}

Deno.test("googleDriveDownload() fetches a small file, over Drive's redirect", () =>
  run(({ host, url }) => {
    if (host === "drive.google.com") {
      return {
        status: 303,
        headers: { location: `https://drive.usercontent.google.com/download${url.search}` },
      };
    }
    return { headers: { "content-type": "application/octet-stream" }, body: BYTES };
  }, (log, root, error) => {
    assert.ifError(error);
    assertFiles(root, { "model.bin": BYTES });
    assert.equal(log[0], `drive.google.com /uc?export=download&id=${ID}&resourcekey=0-key`);
  }, `https://drive.google.com/open?id=${ID}&resourcekey=0-key`));

Deno.test("googleDriveDownload() gets past the page for large files", () =>
  run(
    ({ host }) =>
      host === "drive.google.com"
        ? { headers: HTML, body: LARGE_FILE_PAGE }
        : { headers: { "content-type": "application/octet-stream" }, body: BYTES },
    (log, root, error) => {
      assert.ifError(error);
      assertFiles(root, { "model.bin": BYTES });
      assert.equal(
        log[1],
        `drive.usercontent.google.com /download?id=${ID}&export=download&confirm=t&uuid=12-34%2656`,
      );
    },
  ));

Deno.test("googleDriveDownload() gets past that page in its older shape", () =>
  run(
    ({ url }) =>
      url.searchParams.has("confirm") ? { body: BYTES } : {
        headers: HTML,
        body: `<a href="/uc?export=download&amp;confirm=AbCd&amp;id=${ID}">anyway</a>`,
      },
    (log, root, error) => {
      assert.ifError(error);
      assertFiles(root, { "model.bin": BYTES });
      assert.equal(log[1], `drive.google.com /uc?export=download&confirm=AbCd&id=${ID}`);
    },
  ));

for (
  const [what, answer, message] of [
    [
      "the quota page",
      {
        headers: HTML,
        body:
          "<title>Google Drive - Quota exceeded</title><p>Sorry, too many users have viewed or downloaded this file recently.</p>",
      },
      `Expected the file ${ID} on Drive but its download quota is exceeded: too many people fetched it; try again tomorrow`,
    ],
    [
      "the permission page",
      {
        headers: HTML,
        body: "<title>Google Drive: Sign-in</title><p>You need access. Request access.</p>",
      },
      `Expected the file ${ID} on Drive but it is not public: share it with "anyone with the link"`,
    ],
    [
      "a 403",
      { status: 403, headers: HTML, body: "<p>Forbidden</p>" },
      `Expected the file ${ID} on Drive but it is not public: share it with "anyone with the link"`,
    ],
    [
      "a 404",
      { status: 404, headers: HTML, body: "<p>Not found</p>" },
      `Expected the file ${ID} on Drive but found none: the link is wrong or the file was deleted`,
    ],
    [
      "a page that nobody knows",
      { headers: HTML, body: "<p>Something   new</p>" },
      `Expected the file ${ID} on Drive but found a web page with status 200: Something new`,
    ],
    [
      "a form that leads to http",
      { headers: HTML, body: LARGE_FILE_PAGE.replace('"https:', '"http:') },
      /Expected Drive's download page to stay on https but found http:/,
    ],
  ] as [string, Answer, string | RegExp][]
) {
  Deno.test(`googleDriveDownload() says so where it finds ${what}`, () =>
    run(() => answer, (log, root, error) => {
      assert.equal(error?.name, "DownloadError");
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      assert.equal(log.length, 1);
      assertFiles(root, {});
    }));
}

Deno.test("googleDriveDownload() asks anew where the quota page comes instead of the file", () =>
  run(
    ({ host }) =>
      host === "drive.google.com"
        ? { headers: HTML, body: LARGE_FILE_PAGE }
        : { headers: HTML, body: "<p>Quota exceeded</p>" },
    (_log, root, error) => {
      assert.match(
        error!.message,
        /Expected a file at https:\/\/drive\.usercontent.* but found a web page/,
      );
      assertFiles(root, {});
    },
  ));
