/**
 * The forms of samples that are read, and their conversion to one channel of floating-point samples.
 *
 * @module
 */
import { joinBytes } from "../../text/join_bytes.ts";

/** The encoding of a sample, little-endian. Integers are signed, except `u8`. */
export type SampleEncoding = "u8" | "s16" | "s24" | "s32" | "f32" | "f64";

/** The form of uncompressed audio. */
export interface AudioFormat {
  readonly encoding: SampleEncoding;
  /** Number of channels, at least 1; their samples are interleaved. */
  readonly channels: number;
  /** Samples per second and channel. */
  readonly rate: number;
}

/**
 * Lowest and highest sampling rate that is accepted, Hz. Recordings have 8,000 to 384,000 Hz. The length of
 * the resampler's filter is proportional to the rate, and the output of one chunk of input is inversely
 * proportional to it.
 */
export const SAMPLING_RATES = { min: 1_000, max: 768_000 } as const;

/** Returns whether a sampling rate in Hz is a whole number within {@link SAMPLING_RATES}. */
export function isSamplingRate(rate: number): boolean {
  return Number.isInteger(rate) && rate >= SAMPLING_RATES.min && rate <= SAMPLING_RATES.max;
}

/** Bytes of one sample. */
const BYTES: Readonly<Record<SampleEncoding, number>> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 };

/** Returns the size of one sample of every channel together, bytes. */
export function blockBytes({ channels, encoding }: AudioFormat): number {
  return BYTES[encoding] * channels;
}

/** Readers of one sample, scaled to the range from -1 to 1. */
const READERS: Readonly<Record<SampleEncoding, (view: DataView, at: number) => number>> = {
  u8: (view, at) => (view.getUint8(at) - 128) / 128,
  s16: (view, at) => view.getInt16(at, true) / 32_768,
  s24: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608,
  s32: (view, at) => view.getInt32(at, true) / 2_147_483_648,
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
};

/** Converts chunks of bytes to samples of one channel, the mean of all channels. */
export class SampleDecoder {
  readonly #format: AudioFormat;
  /** The beginning of an incomplete block. */
  #rest: Uint8Array = new Uint8Array();

  constructor(format: AudioFormat) {
    this.#format = format;
  }

  /** Number of bytes of an incomplete block at the end of the decoded input. */
  get pendingBytes(): number {
    return this.#rest.length;
  }

  /** Decodes the next bytes. An incomplete block is completed by the next call. */
  decode(bytes: Uint8Array): Float32Array {
    const { channels, encoding } = this.#format;
    const sampleBytes = BYTES[encoding];
    const size = blockBytes(this.#format);
    const data = this.#rest.length === 0 ? bytes : joinBytes([this.#rest, bytes]);
    const count = Math.floor(data.length / size);
    this.#rest = data.slice(count * size);
    const view = new DataView(data.buffer, data.byteOffset, count * size);
    const read = READERS[encoding];
    const samples = new Float32Array(count);
    for (let index = 0, at = 0; index < count; index++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++, at += sampleBytes) sum += read(view, at);
      const mean = sum / channels;
      samples[index] = Number.isFinite(mean) ? mean : 0;
    }
    return samples;
  }
}
