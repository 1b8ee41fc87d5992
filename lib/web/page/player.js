/** Plays one thing at a time: a take, or a sound that was found. */

export class Player {
  #audio;
  #onChange;
  #onFailure;
  /** What plays now: `{ key, url, start, end }`, times in seconds; `end` is Infinity for all of it. */
  now;
  loop = false;

  constructor(audio, { onChange, onFailure }) {
    this.#audio = audio;
    this.#onChange = onChange;
    this.#onFailure = onFailure;
    audio.addEventListener("ended", () => this.#atEnd());
    // In the middle of it too, where the server goes.
    audio.addEventListener("error", () => this.#fail(this.now));
  }

  set volume(value) {
    this.#audio.volume = value;
  }

  /** How far the sound has come, from 0 to 1. */
  get progress() {
    const { now } = this;
    if (!now) return 0;
    const end = Math.min(now.end, this.#audio.duration || now.end);
    const part = (this.#audio.currentTime - now.start) / (end - now.start);
    return Math.min(1, Math.max(0, part || 0));
  }

  /** Plays from a part of it on, or goes there where it plays already. */
  play(sound, from = 0) {
    const audio = this.#audio, length = Math.min(sound.end, 1e6) - sound.start;
    const seek = () => audio.currentTime = sound.start + from * Math.min(length, audio.duration);
    audio.onloadedmetadata = seek;
    // Where it has not come yet, it begins there when it comes.
    if (this.now?.key === sound.key) return audio.readyState > 0 ? seek() : undefined;
    this.now = sound;
    audio.src = sound.url;
    audio.play().catch((error) => {
      if (error.name !== "AbortError") this.#fail(sound);
    });
    this.#onChange();
    this.#watch();
  }

  stop() {
    this.#audio.pause();
    if (!this.now) return;
    this.now = undefined;
    this.#onChange();
  }

  /** Gives up a sound that does not play, unless another one has taken its place. */
  #fail(sound) {
    if (!sound || this.now !== sound) return;
    this.stop();
    this.#onFailure(sound);
  }

  /** Ends where the sound ends, which may be within its file. */
  #watch() {
    const { now } = this;
    requestAnimationFrame(() => {
      if (!now || this.now !== now) return;
      if (this.#audio.currentTime >= now.end && !this.#audio.seeking) this.#atEnd();
      this.#onChange();
      this.#watch();
    });
  }

  #atEnd() {
    if (!this.loop || !this.now) return this.stop();
    this.#audio.currentTime = this.now.start;
    this.#audio.play();
  }
}
