/** How results look: their waveforms, their names with the words that were asked for, times. */

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    target.draw();
  }
});

/** Draws a waveform when its canvas comes into sight; `load` gives its peaks. */
export function drawWhenSeen(canvas, load) {
  canvas.draw = async () => {
    try {
      const { peaks } = await load();
      draw(canvas, peaks);
    } catch {
      canvas.title = "This sound is not there any more";
    }
  };
  seen.observe(canvas);
}

function draw(canvas, peaks) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  const top = Math.max(...peaks, 1e-3);
  context.fillStyle = getComputedStyle(canvas).getPropertyValue("--wave");
  const step = width / peaks.length;
  peaks.forEach((peak, i) => {
    const tall = Math.max(1.5, peak / top * height);
    context.fillRect(i * step, (height - tall) / 2, Math.max(1, step - 0.8), tall);
  });
}

/** Seconds as minutes and seconds. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** A name, as nodes, with the words in it marked. */
export function marked(name, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const parts = [];
  let rest = name;
  while (rest) {
    const lower = rest.toLowerCase();
    const hits = wanted.map((word) => [lower.indexOf(word), word.length]).filter(([at]) => at >= 0);
    const [at, length] = hits.sort(([a], [b]) => a - b)[0] ?? [-1, 0];
    if (at < 0) break;
    const mark = document.createElement("mark");
    mark.textContent = rest.slice(at, at + length);
    parts.push(rest.slice(0, at), mark);
    rest = rest.slice(at + length);
  }
  return [...parts, rest];
}
