/**
 * Reads the header of a WAV stream: the chunks up to the audio data. (RIFF: Microsoft and IBM, Multimedia Programming
 * Interface and Data Specifications 1.0; WAVEFORMATEXTENSIBLE: Microsoft, Multiple Channel Audio Data and WAVE Files;
 * RF64: EBU Tech 3306.)
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { ByteReader } from "./byte_reader.ts";
import { type AudioFormat, isSamplingRate, type SampleEncoding, SAMPLING_RATES } from "./sample_format.ts";

/** The content of the header. */
export interface WavHeader {
  readonly format: AudioFormat;
  /** Length of the audio data, bytes. `undefined` if the writer did not know it, as in a pipe. */
  readonly dataBytes: number | undefined;
}

/** Format tags of the chunk `fmt `. */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/** The GUID of a subformat after its first two bytes, which are the format tag. */
const SUBFORMAT_TAIL = "000000001000800000aa00389b71";

/**
 * Lengths from this value on mean an unknown length: writers that cannot seek write the largest value that
 * fits (ffmpeg: 0xffffffff, SoX 14.4: 0x7ffff000).
 */
const UNKNOWN_FROM = 0x7ffff000;

/** Longest `fmt ` chunk that is accepted, bytes. The extensible format has 40. */
const MAX_FORMAT_BYTES = 4096;

/**
 * Reads the header. The reader is then at the first byte of the audio data.
 *
 * @param reader is at the first byte of the stream
 * @param name of the source, for messages
 * @throws CulvertError `input_unreadable` for a stream that is not a WAV, has no audio data, has a sampling
 * rate outside {@link SAMPLING_RATES}, or has samples of another kind than integers of 8, 16, 24 or 32 bits
 * and floats of 32 or 64 bits
 */
export async function readWavHeader(reader: ByteReader, name: string): Promise<WavHeader> {
  const head = await reader.exactly(12);
  const kind = text(head, 0);
  if (head.length < 12 || text(head, 8) !== "WAVE" || (kind !== "RIFF" && kind !== "RF64")) {
    throw unreadable(name, "it does not begin with a WAV header");
  }
  let format: AudioFormat | undefined;
  let longDataBytes: number | undefined;
  for (;;) {
    const chunk = await reader.exactly(8);
    if (chunk.length < 8) throw unreadable(name, "its WAV header has no data chunk");
    const id = text(chunk, 0);
    const size = view(chunk).getUint32(4, true);
    if (id === "data") {
      if (format === undefined) throw unreadable(name, "its WAV header has no format before the data");
      if (kind === "RF64" && size === 0xffffffff) return { format, dataBytes: longDataBytes };
      return { format, dataBytes: size === 0 || size >= UNKNOWN_FROM ? undefined : size };
    }
    // A chunk of an odd length is followed by one byte of padding, which its length does not count.
    const padding = size % 2;
    if (id !== "fmt " && id !== "ds64") {
      await reader.skip(size + padding);
      continue;
    }
    if (size > MAX_FORMAT_BYTES) throw unreadable(name, `its ${id.trim()} chunk has ${size} bytes`);
    const body = await reader.exactly(size);
    await reader.skip(padding);
    if (id === "fmt ") format = readFormat(body, name);
    else if (body.length >= 16) longDataBytes = Number(view(body).getBigUint64(8, true)) || undefined;
  }
}

function readFormat(body: Uint8Array, name: string): AudioFormat {
  if (body.length < 16) throw unreadable(name, "its format chunk is too short");
  const fields = view(body);
  const tag = fields.getUint16(0, true);
  const channels = fields.getUint16(2, true);
  const rate = fields.getUint32(4, true);
  const blockBytes = fields.getUint16(12, true);
  const bits = fields.getUint16(14, true);
  const kind = tag === EXTENSIBLE ? subformat(body) : tag;
  const encoding = encodingOf(kind, bits);
  if (encoding === undefined) {
    throw unreadable(name, `its samples have format ${kind ?? "unknown"} and ${bits} bits`);
  }
  if (channels === 0 || rate === 0) {
    throw unreadable(name, `its header states ${channels} channels and ${rate} Hz`);
  }
  if (!isSamplingRate(rate)) {
    throw unreadable(
      name,
      `its header states a sampling rate of ${rate} Hz, which is not between ${SAMPLING_RATES.min} and ${SAMPLING_RATES.max} Hz`,
    );
  }
  const sampleBytes = Math.ceil(bits / 8);
  if (blockBytes !== channels * sampleBytes) {
    throw unreadable(name, `its header states ${blockBytes} bytes for ${channels} samples of ${bits} bits`);
  }
  return { encoding, channels, rate };
}

/** Returns the format tag in the GUID of the extensible format. */
function subformat(body: Uint8Array): number | undefined {
  if (body.length < 40 || body.subarray(26, 40).toHex() !== SUBFORMAT_TAIL) return undefined;
  return view(body).getUint16(24, true);
}

/** Samples that do not fill their bytes use the upper bits, so 20 bits are read as 24. */
function encodingOf(tag: number | undefined, bits: number): SampleEncoding | undefined {
  if (tag === FLOAT) return bits === 32 ? "f32" : bits === 64 ? "f64" : undefined;
  if (tag !== PCM || bits < 1) return undefined;
  const byBytes: readonly (SampleEncoding | undefined)[] = [undefined, "u8", "s16", "s24", "s32"];
  return byBytes[Math.ceil(bits / 8)];
}

function text(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unreadable(name: string, why: string): CulvertError {
  return new CulvertError("input_unreadable", `Cannot read the audio of ${name}: ${why}`, {
    hint: `Convert it first: ffmpeg -i FILE -f wav - | culvert transcribe -`,
    details: { input: name },
  });
}
