import type { Rule } from "./findings.ts";

/** A family of names that participants' code may not use. */
interface Forbidden {
  rule: Rule;
  names: RegExp;
  message: string;
  /** Where it is allowed, or looked at more closely: in the cell that sets the project up. */
  inSetup?: boolean;
  severity?: "warning";
}

/** What the runtime and its packages call the things that a submission may not use. */
export const FORBIDDEN: Forbidden[] = [
  {
    rule: "working-directory",
    names: /^(Deno\.chdir|(node:)?process\.chdir)$/,
    message: "changes the working directory",
  },
  {
    rule: "processes",
    names:
      /^(Deno\.(Command|run|kill|exit)|node:child_process(\..*)?|node:cluster(\..*)?|(node:)?process\.(exit|kill|abort|reallyExit))$/,
    message: "starts or ends processes",
    inSetup: true,
  },
  {
    rule: "network",
    names:
      /^(fetch|WebSocket|WebSocketStream|EventSource|XMLHttpRequest|WebTransport|Deno\.(connect|connectTls|connectQuic|startTls|listen|listenTls|listenDatagram|serve|resolveDns|createHttpClient|upgradeWebSocket)|navigator\.sendBeacon|node:(http|https|http2|net|tls|dgram|dns)(\..*|\/.*)?|qvim\/helpers\.(wgetDownload|googleDriveDownload|gitCloneCheckout|downloadDataset))$/,
    message: "uses the network outside the set-up cell",
    inSetup: true,
  },
  {
    rule: "ground-truth",
    names: /^qvim\.readGroundTruth$/,
    message: "reads the ground truth",
  },
  {
    rule: "eval",
    names: /^(node:)?process\.(getBuiltinModule|binding|dlopen|_linkedBinding)$/,
    message: "reaches modules that the notebook does not import",
  },
  {
    rule: "eval",
    names:
      /^(eval|Function|node:vm(\..*)?|Deno\.core(\..*)?|Deno\.internal|Deno\.dlopen|AsyncFunction|GeneratorFunction)$/,
    message: "runs code that is not in the notebook",
  },
  {
    rule: "eval",
    names: /^(Worker|node:worker_threads(\..*)?|node:module(\..*)?|require|importScripts)$/,
    message: "runs code that can't be followed from here",
    severity: "warning",
  },
];

/** Methods that a model is handed paths by. */
export const HANDED_PATHS = /^(computeSimilarities|embedItem|embedQuery)$/;

/** Functions that read sounds and give nothing but samples, whatever they are given. */
export const READS_SOUNDS =
  /^qvim\.(readWav|readAudio|listen|spectrogram|showSpectrogram|MobileNetBaseline|OnnxDualEncoder)$/;

/** Functions that read what their first argument names. */
export const READS =
  /^(Deno\.(readFile|readTextFile|readDir|open|stat|lstat|realPath|readLink|watchFs|FsFile\.open)(Sync)?|node:fs(\/promises|\.promises)?\.(readFile|readdir|open|opendir|stat|lstat|createReadStream|readlink|realpath|watch|openAsBlob|glob)(Sync)?|qvim\.(readWav|readAudio|listen|spectrogram|showSpectrogram|MobileNetBaseline|OnnxDualEncoder|readSimilarities|listItems|listQueries))$/;

/** Functions that tell whether something is there. */
export const ASKS =
  /^(node:fs(\/promises|\.promises)?\.(exists|access|stat|lstat)(Sync)?|Deno\.(stat|lstat)(Sync)?)$/;

/** Functions that change what their first argument names. */
export const WRITES =
  /^(Deno\.(writeFile|writeTextFile|create|mkdir|remove|truncate|chmod|chown|utime)(Sync)?|node:fs(\/promises|\.promises)?\.(writeFile|appendFile|mkdir|mkdtemp|rm|rmdir|unlink|truncate|chmod|chown|utimes|createWriteStream)(Sync)?|qvim\.writeSimilarities)$/;

/** Functions that change what their first and their second argument name. */
export const WRITES_BOTH =
  /^(Deno\.(copyFile|rename|symlink|link)(Sync)?|node:fs(\/promises|\.promises)?\.(copyFile|cp|rename|symlink|link)(Sync)?)$/;

/** Functions that put something else where there was something, or nothing. */
export const REPLACES =
  /(\.|^)(remove|rename|symlink|link|rm|rmdir|unlink|cp|copyFile|chmod|chown|truncate)(Sync)?$/;

/** Functions that make a file or folder in the system's temporary folder unless told otherwise. */
export const MAKES_TEMPORARY = /^Deno\.makeTemp(Dir|File)(Sync)?$/;

/** Functions that change the object that is their first argument. */
export const CHANGES_OBJECT =
  /^(Object\.(defineProperty|defineProperties|assign|setPrototypeOf)|Reflect\.(set|defineProperty|deleteProperty|setPrototypeOf))$/;

/** Objects whose whole is dangerous to hand on, since what becomes of it can't be followed. */
export const WHOLE_OBJECTS =
  /^(Deno|globalThis|window|self|global|node:fs(\/promises)?|(node:)?process)$/;

/** Programs that install packages, and the first arguments that make them do so. */
export const INSTALLS = new Map([
  ["deno", /^(add|install|i|cache|approve-scripts)$/],
  ["npm", /^(install|i|ci|add)$/],
  ["pnpm", /^(install|i|add)$/],
  ["yarn", /^(install|add)$/],
  ["pip", /^install$/],
  ["pip3", /^install$/],
  ["apt-get", /^install$/],
]);
