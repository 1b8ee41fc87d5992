import type { Random } from "./render.ts";
import type { Event } from "./sketch.ts";

/** The share of events, after the first, that are left out where there are more than two. */
const FORGOTTEN = 0.15;

/**
 * A sound as somebody tells it from memory: at another tempo, no interval and no length quite right,
 * some events left out, each louder or softer than it was, its course hurried at one end, and its
 * brightness misjudged.
 */
export function remember(events: Event[], random: Random): Event[] {
  const octaves = (most: number) => 2 ** (most * (2 * random() - 1));
  const tempo = octaves(0.35);
  let at = 0, told = 0, before = events[0].at;
  const remembered: Event[] = [];
  for (const event of events) {
    at += (event.at - before) * tempo * octaves(0.25);
    before = event.at;
    const forgotten = random() < FORGOTTEN;
    if (events.length > 2 && told > 0 && forgotten) continue;
    told++;
    const level = octaves(0.5) / 1.4, hurry = octaves(0.4), colour = octaves(0.3);
    remembered.push({
      ...event,
      at,
      seconds: event.seconds * tempo * octaves(0.25),
      loudness: (u) => level * event.loudness(u),
      pitch: (u) => event.pitch(u ** hurry),
      brightness: (u) => colour * event.brightness(u ** hurry),
    });
  }
  return remembered;
}
