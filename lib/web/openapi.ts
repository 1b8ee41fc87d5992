/** The description of the interface, for plug-ins and generators of clients (OpenAPI 3.1). */
export function openApi(maxUpload: number): unknown {
  const sound = { $ref: "#/components/schemas/Sound" };
  const error = {
    description: "What is wrong, for the person",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
  const results = {
    description: "Sounds, best first",
    content: {
      "application/json": {
        schema: {
          type: "object",
          required: ["results", "milliseconds"],
          properties: {
            results: { type: "array", items: sound },
            milliseconds: { type: "integer", description: "What the search took" },
          },
        },
      },
    },
  };
  const query = (name: string, schema: unknown, description: string) => ({
    ...{ name, in: "query", required: false, description, schema },
  });
  const ids = { type: "array", items: { type: "string" } };
  const filters = [
    query("text", { type: "string" }, "Words that name and folders must have"),
    query("folder", { type: "string" }, "A folder that the sounds lie below"),
    query("maxSeconds", { type: "number" }, "The longest sound"),
    query("minSeconds", { type: "number" }, "The shortest sound"),
    query("channels", { type: "integer" }, "How many channels"),
    query("top", { type: "integer", minimum: 1, maximum: 200 }, "How many results"),
    query("closer", ids, "Ids of sounds that are nearer to what is meant"),
    query("notThis", ids, "Ids of sounds that are not meant"),
  ];
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  const get = (
    operationId: string,
    summary: string,
    ok: unknown,
    parameters: unknown[] = [id],
  ) => ({
    get: { operationId, summary, parameters, responses: { "200": ok, "404": error, "410": error } },
  });
  const binary = { schema: { type: "string", format: "binary" } };
  return {
    openapi: "3.1.0",
    info: {
      title: "QVIM sound library",
      version: "1.0.0",
      description: "Find sounds by imitating them",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths: {
      "/api/search": {
        post: {
          operationId: "search",
          summary: "Find the sounds that an imitation is most like",
          parameters: filters,
          requestBody: {
            required: true,
            description: `A recording of at most ${maxUpload / 2 ** 20} MB: WAV, FLAC, Ogg, MP3 …`,
            content: { "audio/wav": binary, "application/octet-stream": binary },
          },
          responses: { "200": results, "400": error, "413": error, "422": error, "503": error },
        },
      },
      "/api/library": get("library", "How large the library is", {
        description: "Its size",
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["sounds"],
              properties: { sounds: { type: "integer" } },
            },
          },
        },
      }, []),
      "/api/sounds/{id}": get("sound", "What is known of a sound", {
        description: "The sound",
        content: { "application/json": { schema: sound } },
      }),
      "/api/sounds/{id}/audio": get("audio", "The sound itself; ranges are served", {
        description: "The recording",
        content: { "audio/*": binary },
      }),
      "/api/sounds/{id}/peaks": get("peaks", "What its waveform is drawn from", {
        description: "The largest values of parts of equal length, 0 to 1",
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["peaks"],
              properties: { peaks: { type: "array", items: { type: "number" } } },
            },
          },
        },
      }),
      "/api/sounds/{id}/similar": get("similar", "Sounds like this one", results, [id, ...filters]),
    },
    components: {
      schemas: {
        Error: {
          type: "object",
          required: ["error"],
          properties: { error: { type: "string" } },
        },
        Sound: {
          type: "object",
          required: ["id", "path", "name", "folder", "start", "end", "duration"],
          properties: {
            id: { type: "string" },
            path: { type: "string", description: "On the machine that serves it" },
            name: { type: "string" },
            folder: { type: "string" },
            score: { type: "number", description: "Higher for more alike" },
            start: { type: "number", description: "Where the moment begins, in seconds" },
            end: { type: "number", description: "Where it ends, in seconds" },
            duration: { type: "number", description: "Of the whole file, in seconds" },
            channels: { type: "integer" },
            rate: { type: "integer", description: "Samples a second" },
            type: { type: "string", description: "What it is served as" },
            extension: { type: "string" },
          },
        },
      },
    },
  };
}
