/**
 * What makes tables of players one: a page that has them loads this as a module, and calls
 * `setUpPlayers()` again for tables that come later; a notebook has the same functions in its text.
 */

/** Pauses whatever else plays in the page. */
export function silenceOthers(player) {
  for (const other of document.querySelectorAll(".qvim-sound")) {
    if (other !== player) other.pause();
  }
}

/** One at a time, and the keys; without it the players work by themselves. */
export function setUpPlayers() {
  for (const root of document.querySelectorAll(".qvim-listen:not([data-ready])")) {
    root.dataset.ready = "";
    const players = [...root.querySelectorAll("audio")];
    const playFrom = (player, time) => {
      silenceOthers(player);
      player.currentTime = time;
      // Pages may not play before they were clicked on.
      player.play().catch(() => {});
    };
    for (const player of players) {
      player.tabIndex = 0;
      // It may come late: another may play by then.
      player.addEventListener("play", () => player.paused || silenceOthers(player));
      const picture = player.closest("tr").querySelector(".qvim-picture");
      const [from, to, seconds, length, start] = ["from", "to", "seconds", "length", "start"]
        .map((name) => Number(picture.dataset[name]));
      const line = document.createElement("i");
      picture.append(line);
      const move = () => {
        const time = player.currentTime - start;
        line.style.left = from + (to - from) * Math.min(time, length) / seconds + "%";
        picture.classList.toggle("on", time > 0 && !player.ended);
        if (!player.paused) requestAnimationFrame(move);
      };
      for (const event of ["play", "pause", "seeked", "ended"]) {
        player.addEventListener(event, move);
      }
      picture.addEventListener("click", ({ clientX }) => {
        const { left, width } = picture.getBoundingClientRect();
        const time = ((clientX - left) / width * 100 - from) / (to - from) * seconds;
        playFrom(player, start + (time > 0 && time < length ? time : 0));
        player.focus({ preventScroll: true });
      });
    }
    // Before the players' own keys, which change the volume.
    root.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const i = players.indexOf(event.target);
      if (step === undefined || i < 0 || players[i + step] === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const next = players[i + step];
      next.focus();
      playFrom(next, Number(next.closest("tr").querySelector(".qvim-picture").dataset.start));
    }, true);
  }
}

if (globalThis.document) setUpPlayers();
