/**
 * Changes the sampling rate of a stream: a low-pass filter (a sinc with a Kaiser window), evaluated at the times of the
 * output samples. (J. O. Smith, Digital Audio Resampling; J. F. Kaiser, Nonrecursive Digital Filter Design, 1974.)
 *
 * @module
 */

/** Zero crossings of the sinc on each side of its center. */
const ZERO_CROSSINGS = 32;
/** Shape of the Kaiser window, for 90 dB of attenuation: 0.1102 (90 - 8.7). */
const KAISER_BETA = 8.96;
/** Center of the transition band, as a part of half the lower rate. The stop band begins at half the lower rate. */
const ROLL_OFF = 0.91;
/** Maximum number of stored filters, one for each position of an output sample between two input samples. */
const MAX_PHASES = 1024;

/**
 * Resamples a stream. The time of output sample n is exactly n seconds divided by the output rate, in integer
 * arithmetic, so that there is no drift; the filter adds no delay.
 */
export class Resampler {
  /** Output samples are at multiples of `#step / #phases` input samples. */
  readonly #step: number;
  readonly #phases: number;
  /** Input samples that the filter needs on each side. */
  readonly #reach: number;
  readonly #filters: readonly Float32Array[];
  /** The input that is still needed; it begins `#reach` samples before the stream. */
  #input: Float32Array;
  /** Index in `#input` of the last sample at or before the next output sample, without `#reach`. */
  #at = 0;
  /** Offset of the next output sample after that sample, in parts of `#phases`. */
  #phase = 0;

  /**
   * @param from input rate, Hz, an integer within `SAMPLING_RATES`; the filters grow with `from / to`
   * @param to output rate, Hz, with the same range
   */
  constructor(from: number, to: number) {
    const divisor = greatestDivisor(from, to);
    this.#step = from / divisor;
    this.#phases = to / divisor;
    const scale = Math.min(1, to / from);
    this.#reach = Math.ceil(ZERO_CROSSINGS / (scale * ROLL_OFF)) + 1;
    const count = Math.min(this.#phases, MAX_PHASES);
    // One more than necessary, for the interpolation after the last.
    this.#filters = Array.from(
      { length: count + 1 },
      (_, index) => filterAt(index / count, this.#reach, scale * ROLL_OFF),
    );
    this.#input = new Float32Array(this.#reach);
  }

  /** Returns the output samples that can be computed from the input so far. */
  push(samples: Float32Array): Float32Array {
    const input = new Float32Array(this.#input.length + samples.length);
    input.set(this.#input);
    input.set(samples, this.#input.length);
    this.#input = input;
    // The filter reads #reach samples after its center.
    return this.#produce(input.length - 2 * this.#reach);
  }

  /** Returns the last output samples. N input samples give N times the ratio of the rates, rounded up. */
  end(): Float32Array {
    const length = this.#input.length - this.#reach;
    const input = new Float32Array(this.#input.length + this.#reach);
    input.set(this.#input);
    this.#input = input;
    return this.#produce(length);
  }

  /** @param limit produces the samples whose position is before it */
  #produce(limit: number): Float32Array {
    const left = limit - this.#at;
    const count = left <= 0 ? 0 : Math.ceil((left * this.#phases - this.#phase) / this.#step);
    const output = new Float32Array(count);
    const size = 2 * this.#reach;
    const kept = this.#filters.length - 1;
    const isExact = kept === this.#phases;
    for (let index = 0; index < count; index++) {
      const position = isExact ? this.#phase : this.#phase * kept / this.#phases;
      const lower = Math.floor(position);
      const first = this.#convolve(this.#filters[lower], size);
      const part = position - lower;
      output[index] = part === 0
        ? first
        : first + part * (this.#convolve(this.#filters[lower + 1], size) - first);
      this.#phase += this.#step;
      const whole = Math.floor(this.#phase / this.#phases);
      this.#at += whole;
      this.#phase -= whole * this.#phases;
    }
    const used = Math.min(this.#at, this.#input.length);
    this.#input = this.#input.slice(used);
    this.#at -= used;
    return output;
  }

  #convolve(filter: Float32Array | undefined, size: number): number {
    if (filter === undefined) return 0;
    const input = this.#input;
    const begin = this.#at + 1;
    let sum = 0;
    for (let tap = 0; tap < size; tap++) sum += (input[begin + tap] ?? 0) * (filter[tap] ?? 0);
    return sum;
  }
}

/**
 * Returns the filter for an output sample that is `offset` (0 to 1) after an input sample. Tap `reach - 1`
 * belongs to that sample. The taps add up to 1, so that a constant stays constant.
 *
 * @param cutoff as a part of half the input rate
 */
function filterAt(offset: number, reach: number, cutoff: number): Float32Array {
  const half = ZERO_CROSSINGS / cutoff;
  const taps = Float64Array.from({ length: 2 * reach }, (_, tap) => {
    const time = tap - (reach - 1) - offset;
    if (Math.abs(time) >= half) return 0;
    return sinc(time * cutoff) * bessel(KAISER_BETA * Math.sqrt(1 - (time / half) ** 2));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return Float32Array.from(taps, (tap) => tap / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Computes the modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let n = 1; term > sum * 1e-12; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
