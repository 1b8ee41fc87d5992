/** What the page asks of the server. */

/** Asks for an answer in JSON; throws an error whose message is for the person. */
export async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Start it again with: deno task serve");
  }
  const answer = await response.json().catch(() => ({ error: `Status ${response.status}` }));
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

const soundOf = ({ id }) => `/api/sounds/${encodeURIComponent(id)}`;

/** Where a sound is played from. */
export const audioOf = (sound) => `${soundOf(sound)}/audio`;

/** Where its file is taken from, as it lies in the library. */
export const fileOf = (sound) => `${soundOf(sound)}/file`;

/** What a sound's waveform is drawn from. */
export const peaksOf = async (sound) => (await ask(`${soundOf(sound)}/peaks`)).peaks;

/**
 * Searches.
 *
 * @param query `{ take }`, or `{ sound }` of the library.
 * @param params What else is asked for, as the interface names it.
 */
export async function search(query, params, signal) {
  return query.take
    ? await ask(`/api/search?${params}`, { method: "POST", body: query.take.blob, signal })
    : await ask(`${soundOf(query.sound)}/similar?${params}`, { signal });
}
