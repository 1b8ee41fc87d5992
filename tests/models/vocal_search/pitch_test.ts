import assert from "node:assert/strict";
import { pitchTrack } from "../../../lib/models/vocal_search/pitch.ts";
import { RATE, RISE, voice } from "../sounds.ts";

Deno.test("pitchTrack() follows a voice that rises, within three percent", () => {
  const { hop, pitch, periodicity } = pitchTrack({ samples: RISE, sampleRate: RATE });
  // From 150 to 400 Hz in a second.
  for (let frame = 10; frame < 90; frame++) {
    const expected = 150 + 250 * (frame * hop + hop / 2);
    assert.ok(Math.abs(pitch[frame] / expected - 1) < 0.05, `${pitch[frame]}, ${expected}`);
    assert.ok(periodicity[frame] > 0.85, `${periodicity[frame]}`);
  }
});

Deno.test("pitchTrack() tells noise from tones, at any rate", () => {
  const noise = Float32Array.from({ length: 22050 }, (_, i) => Math.sin(i * i * 0.37) * 0.5);
  const { periodicity } = pitchTrack({ samples: noise, sampleRate: 22050 });
  const mean = periodicity.reduce((sum, x) => sum + x, 0) / periodicity.length;
  assert.ok(mean < 0.6, `${mean}`);
  const tone = pitchTrack({ samples: voice(0.5, () => 200, () => 1), sampleRate: RATE });
  assert.ok(tone.pitch.subarray(5, 40).every((hz) => Math.abs(hz - 200) < 4));
  assert.throws(() => pitchTrack({ samples: new Float32Array(), sampleRate: 8000 }), RangeError);
});
