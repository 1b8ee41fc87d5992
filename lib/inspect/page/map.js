/** What makes maps of sounds play; a page loads it as a module, a notebook has it in its text. */
import { silenceOthers } from "./players.js";

/** Without it a map is a picture with the names of its points. */
export function setUpMaps() {
  for (const root of document.querySelectorAll(".qvim-map:not([data-ready])")) {
    root.dataset.ready = "";
    const drawing = root.querySelector("svg"), player = root.querySelector("audio");
    const here = root.querySelector(".qvim-here");
    here.textContent = "Hover over a sound, or go there with the arrow keys.";
    const marks = [...root.querySelectorAll("[data-sound]")];
    const places = marks.map((mark) => {
      const { x, y, width, height } = mark.firstElementChild.getBBox();
      return [x + width / 2, y + height / 2];
    });
    const play = (mark) => {
      silenceOthers(player);
      for (const other of drawing.querySelectorAll(".on")) other.classList.remove("on");
      mark.classList.add("on");
      here.textContent = mark.getAttribute("aria-label");
      player.src = mark.dataset.src;
      player.play().catch(({ name }) => {
        if (name === "NotAllowedError") {
          here.textContent += " (click, and the page may play sounds)";
        }
      });
    };
    const reach = (mark) => {
      for (const other of marks) other.setAttribute("tabindex", other === mark ? 0 : -1);
      mark.focus({ preventScroll: true });
    };
    for (const mark of marks) {
      // Not in the page's text: what takes the drawing out would leave the names of all sounds behind.
      const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
      title.textContent = mark.getAttribute("aria-label");
      mark.append(title);
      mark.addEventListener("mouseenter", () => play(mark));
      mark.addEventListener("click", () => (reach(mark), play(mark)));
    }
    // The nearest one in a quarter of the plane, or in half of it where there is none.
    const next = (from, [right, down]) => {
      const [x, y] = places[from];
      let best, least = Infinity;
      places.forEach(([toX, toY], i) => {
        const along = (toX - x) * right + (toY - y) * down;
        const aside = Math.abs((toX - x) * down + (toY - y) * right);
        const far = Math.hypot(toX - x, toY - y) + (along < aside ? 1e6 : 0);
        if (i !== from && along > 0 && far < least) [best, least] = [marks[i], far];
      });
      return best;
    };
    const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    drawing.addEventListener("keydown", (event) => {
      const from = marks.indexOf(event.target);
      if (from < 0 || !(event.key in WAYS || event.key === "Enter" || event.key === " ")) return;
      event.preventDefault();
      event.stopPropagation();
      const mark = event.key in WAYS ? next(from, WAYS[event.key]) : marks[from];
      if (mark === undefined) return;
      reach(mark);
      play(mark);
    }, true);
    const only = (number) => {
      drawing.classList.toggle("some", number !== undefined);
      for (const mark of marks) mark.classList.toggle("of", mark.dataset.class === number);
    };
    for (const name of root.querySelectorAll(".qvim-classes span")) {
      name.tabIndex = 0;
      name.addEventListener("mouseenter", () => only(name.dataset.class));
      name.addEventListener("focus", () => only(name.dataset.class));
      name.addEventListener("mouseleave", () => only());
      name.addEventListener("blur", () => only());
    }
  }
}

if (globalThis.document) setUpMaps();
