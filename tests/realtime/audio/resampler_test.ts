import { Resampler } from "../../../lib/realtime/audio/resampler.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sine } from "./wav_kit.ts";

/** Resamples in chunks of changing sizes. */
function resampled(input: Float32Array, from: number, to: number, pieces: readonly number[]): number[] {
  const resampler = new Resampler(from, to);
  const output: number[] = [];
  for (let at = 0, turn = 0; at < input.length; turn++) {
    const size = pieces[turn % pieces.length] ?? 1;
    output.push(...resampler.push(input.subarray(at, at + size)));
    at += size;
  }
  output.push(...resampler.end());
  return output;
}

/** Root mean square of a part of a signal, dB below full scale. */
function level(signal: readonly number[]): number {
  const middle = signal.slice(500, -500);
  return 10 * Math.log10(middle.reduce((sum, value) => sum + value * value, 0) / middle.length + 1e-20);
}

for (const rate of [8_000, 11_025, 16_000, 22_050, 44_056, 44_100, 48_000, 96_000, 23_999]) {
  Deno.test(`a tone of 1 kHz at ${rate} Hz keeps its times and its level at 24,000 Hz`, () => {
    const count = rate;
    const output = resampled(sine(1_000, rate, count), rate, 24_000, [1, 997, 64, 4_096]);
    assertEquals(output.length, Math.ceil(count * 24_000 / rate));
    const expected = sine(1_000, 24_000, output.length);
    const error = output.map((value, index) => value - (expected[index] ?? 0));
    assert(level(error) < -75, `error of ${level(error)} dB`);
  });
}

Deno.test("a tone above half the new rate is removed instead of being mirrored", () => {
  for (const frequency of [12_400, 14_000, 20_000]) {
    const output = resampled(sine(frequency, 48_000, 48_000, 1), 48_000, 24_000, [4_096]);
    assert(level(output) < -75, `${frequency} Hz remains at ${level(output)} dB`);
  }
});

Deno.test("speech frequencies pass unchanged", () => {
  for (const frequency of [100, 3_000, 8_000, 9_800]) {
    const output = resampled(sine(frequency, 44_100, 44_100, 1), 44_100, 24_000, [4_096]);
    assert(Math.abs(level(output) + 3.01) < 0.1, `${frequency} Hz has ${level(output)} dB`);
  }
});

Deno.test("the size of the chunks does not change the result", () => {
  const input = sine(440, 44_100, 10_000);
  const whole = resampled(input, 44_100, 24_000, [10_000]);
  assertEquals(resampled(input, 44_100, 24_000, [1]), whole);
  assertEquals(resampled(input, 44_100, 24_000, [33, 1_000, 7]), whole);
});

Deno.test("ten minutes at 44,100 Hz give exactly ten minutes at 24,000 Hz", () => {
  const resampler = new Resampler(44_100, 24_000);
  const second = sine(440, 44_100, 44_100);
  let count = 0;
  for (let index = 0; index < 600; index++) count += resampler.push(second).length;
  count += resampler.end().length;
  assertEquals(count, 600 * 24_000);
});
