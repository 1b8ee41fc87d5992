/** Hands what the microphone hears to the page. */
class Tap extends AudioWorkletProcessor {
  process([input]) {
    if (input.length > 0) {
      const mixed = new Float32Array(input[0].length);
      for (const channel of input) {
        for (let i = 0; i < mixed.length; i++) mixed[i] += channel[i] / input.length;
      }
      this.port.postMessage(mixed, [mixed.buffer]);
    }
    return true;
  }
}
registerProcessor("tap", Tap);
