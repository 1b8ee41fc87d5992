/** What plays: a take, or a sound that was found. */
import { ask, audioOf } from "./api.js";
import { Player } from "./player.js";
import { $, problem, state, update } from "./state.js";

export const player = new Player($("player"), {
  onChange: update,
  onFailure({ url, name }) {
    const unplayed = () => problem(`This browser does not play ${name}.`);
    // A take is in the page; why another sound does not come the server says, where it is there.
    if (url.startsWith("blob:")) unplayed();
    else {
      ask(url, { headers: { range: "bytes=0-0" } })
        .then(unplayed, ({ message }) => problem(message));
    }
  },
});

/** Plays a take, from a part of it on, or stops it where it plays and no part is given. */
export function playTake(take, from) {
  if (from === undefined && player.now?.key === take.key) return player.stop();
  problem();
  player.play({ key: take.key, url: take.key, name: take.name, start: 0, end: Infinity }, from);
}

/** Plays the result at a place, from a part of it on. */
export function playFrom(index, from) {
  const sound = state.results[index];
  state.selected = index;
  problem();
  player.play({ ...sound, key: sound.id, url: audioOf(sound) }, from);
}

/** Plays the result at a place, or stops it. */
export function toggle(index) {
  if (player.now?.key === state.results[index].id) player.stop();
  else playFrom(index, 0);
}
