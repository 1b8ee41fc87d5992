import { setTimeout as delay } from "node:timers/promises";

/** In so many parts is time waited for. */
const PARTS = 10;

/**
 * What the promise resolves to, or `undefined` where that takes longer than `ms`. A while in which this
 * process stood still, as on a machine that was put to sleep or had no processor to give, counts as no
 * more than a part of that: what came meanwhile is heard after it.
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const isOver = new AbortController(), { signal } = isOver;
  const late = async () => {
    for (let part = 0; part < PARTS; part++) await delay(ms / PARTS, undefined, { signal });
    return undefined;
  };
  try {
    return await Promise.race([promise, late()]);
  } finally {
    isOver.abort();
  }
}
