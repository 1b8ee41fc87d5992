/** The description of the interface, for plug-ins and generators of clients (OpenAPI 3.1). */
export function openApi(maxUpload: number): unknown {
  const sound = { $ref: "#/components/schemas/Sound" };
  const error = {
    description: "What is wrong, for the person",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
  /** An answer in JSON. */
  const answer = (description: string, schema: unknown) => ({
    description,
    content: { "application/json": { schema } },
  });
  const object = (properties: Record<string, unknown>) => ({
    type: "object",
    required: Object.keys(properties),
    properties,
  });
  const results = answer(
    "Sounds, best first",
    object({
      results: { type: "array", items: sound },
      milliseconds: { type: "integer", description: "What the search took" },
    }),
  );
  const query = (name: string, schema: unknown, description: string) => ({
    ...{ name, in: "query", required: false, description, schema },
  });
  const ids = { type: "array", items: { type: "string" }, maxItems: 50 };
  const filters = [
    query("text", { type: "string" }, "Words that name and folders must have"),
    query("folder", { type: "string" }, "A folder that the sounds lie below"),
    query("maxSeconds", { type: "number" }, "The longest sound"),
    query("minSeconds", { type: "number" }, "The shortest sound"),
    query("channels", { type: "integer" }, "How many channels"),
    query("top", { type: "integer", minimum: 1, maximum: 200, default: 20 }, "How many results"),
    query("closer", ids, "Ids of sounds that are nearer to what is meant"),
    query("notThis", ids, "Ids of sounds that are not meant, and are not shown again"),
  ];
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  const statuses = (...numbers: number[]) =>
    Object.fromEntries([401, 403, 421, ...numbers].map((status) => [String(status), error]));
  const get = (
    operationId: string,
    summary: string,
    responses: Record<string, unknown>,
    parameters: unknown[] = [id],
  ) => ({ get: { operationId, summary, parameters, responses } });
  const binary = { schema: { type: "string", format: "binary" } };
  const bytes = {
    "200": { description: "All of it", content: { "application/octet-stream": binary } },
    "206": { description: "A range of it", content: { "application/octet-stream": binary } },
    "416": { description: "It has no such range" },
    ...statuses(404, 410, 422, 503),
  };
  return {
    openapi: "3.1.0",
    info: {
      title: "QVIM sound library",
      version: "1.0.0",
      description: "Find sounds by imitating them",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    // Without one on this machine; with `--host`, the token that the server prints.
    security: [{}, { token: [] }],
    paths: {
      "/api/search": {
        post: {
          operationId: "search",
          summary: "Find the sounds that an imitation is most like",
          parameters: filters,
          requestBody: {
            required: true,
            description: `A recording of at most ${maxUpload / 2 ** 20} MB and 60 s: WAV, FLAC, ` +
              "Ogg, Opus, MP3, AIFF, AU or CAF, told by its content",
            content: { "audio/wav": binary, "application/octet-stream": binary },
          },
          responses: { "200": results, ...statuses(400, 408, 413, 422, 503) },
        },
      },
      "/api/library": get("library", "How large the library is", {
        "200": answer(
          "How many sounds are to be found, and how many an older model heard, which are not",
          {
            type: "object",
            required: ["sounds", "outdated", "maxUpload"],
            properties: {
              sounds: { type: "integer" },
              outdated: { type: "integer" },
              advice: { type: "string", description: "What to do where not all is found" },
              maxUpload: { type: "integer", description: "Bytes of the largest recording" },
            },
          },
        ),
        ...statuses(503),
      }, []),
      "/api/sounds/{id}": get("sound", "What is known of a sound", {
        "200": answer("The sound", sound),
        ...statuses(404, 503),
      }),
      "/api/sounds/{id}/audio": get("audio", "The sound as browsers play it", bytes),
      "/api/sounds/{id}/file": get("file", "The file as it lies in the library", bytes),
      "/api/sounds/{id}/peaks": get("peaks", "What its waveform is drawn from", {
        "200": answer(
          "The largest values of parts of equal length, 0 to 1",
          object({ peaks: { type: "array", items: { type: "number" } } }),
        ),
        ...statuses(404, 410, 422, 503),
      }),
      "/api/sounds/{id}/similar": get("similar", "Sounds like this one", {
        "200": results,
        ...statuses(400, 404, 422, 503),
      }, [id, ...filters]),
    },
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: {
        Error: object({ error: { type: "string" } }),
        Sound: {
          type: "object",
          required: ["id", "path", "name", "folder", "start", "end", "duration"],
          properties: {
            id: { type: "string" },
            path: { type: "string", description: "On the machine that serves it" },
            name: { type: "string", description: "Without control characters" },
            folder: { type: "string" },
            score: { type: "number", description: "Higher for more alike" },
            start: { type: "number", description: "Where the moment begins, in seconds" },
            end: { type: "number", description: "Where it ends, in seconds" },
            duration: { type: "number", description: "Of the whole file, in seconds" },
            channels: { type: "integer" },
            rate: { type: "integer", description: "Samples a second" },
            type: { type: "string", description: "What it is served as to be played" },
            extension: { type: "string" },
          },
        },
      },
    },
  };
}
