/** Makes WAV files for tests. */
import { concat } from "./bytes.ts";

/** Options of {@link wavFile}. */
export interface WavParts {
  readonly tag?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits: number;
  /** Samples of all channels, already encoded. */
  readonly data: Uint8Array;
  /** The length that the data chunk states. Default: that of `data`. */
  readonly statedBytes?: number;
  /** Chunks between the format and the data, with their own padding. */
  readonly between?: readonly Uint8Array[];
  /** For the extensible format: the tag in its GUID. */
  readonly subformat?: number;
}

/** Returns a WAV file. */
export function wavFile(parts: WavParts): Uint8Array<ArrayBuffer> {
  const { bits, between = [], channels = 1, data, rate = 24_000, subformat, tag = 1 } = parts;
  const sampleBytes = Math.ceil(bits / 8);
  const format = new Uint8Array(subformat === undefined ? 16 : 40);
  const view = new DataView(format.buffer);
  view.setUint16(0, subformat === undefined ? tag : 0xfffe, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, rate * channels * sampleBytes, true);
  view.setUint16(12, channels * sampleBytes, true);
  view.setUint16(14, sampleBytes * 8, true);
  if (subformat !== undefined) {
    view.setUint16(16, 22, true);
    view.setUint16(18, bits, true);
    view.setUint16(24, subformat, true);
    format.set(Uint8Array.fromHex("000000001000800000aa00389b71"), 26);
  }
  const stated = parts.statedBytes ?? data.length;
  const chunks = [chunk("fmt ", format), ...between, chunk("data", data, stated)];
  const body = concat(...chunks);
  return concat(text("RIFF"), uint32(body.length + 4), text("WAVE"), body);
}

/** Returns one chunk, padded to an even length. */
export function chunk(id: string, body: Uint8Array, stated = body.length): Uint8Array<ArrayBuffer> {
  return concat(text(id), uint32(stated), body, new Uint8Array(body.length % 2));
}

/** Returns samples from -1 to 1 as integers of `bits` bits, or floats of 32 bits. */
export function encoded(samples: readonly number[], bits: 8 | 16 | 24 | 32 | "float"): Uint8Array {
  const size = bits === "float" ? 4 : bits / 8;
  const view = new DataView(new ArrayBuffer(samples.length * size));
  samples.forEach((sample, index) => {
    const at = index * size;
    if (bits === "float") view.setFloat32(at, sample, true);
    else if (bits === 8) view.setUint8(at, Math.round(sample * 127) + 128);
    else if (bits === 16) view.setInt16(at, Math.round(sample * 32_767), true);
    else if (bits === 32) view.setInt32(at, Math.round(sample * 2_147_483_647), true);
    else {
      const value = Math.round(sample * 8_388_607);
      view.setUint16(at, value & 0xffff, true);
      view.setInt8(at + 2, value >> 16);
    }
  });
  return new Uint8Array(view.buffer);
}

/** Returns a sine of a frequency in Hz, from -amplitude to amplitude. */
export function sine(frequency: number, rate: number, count: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, index) => amplitude * Math.sin(2 * Math.PI * frequency * index / rate),
  );
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
