/**
 * Converts a WAV file, a WAV stream or raw PCM incrementally to PCM16 of one channel at the rate of a
 * session.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { plural } from "../../text/plural.ts";
import { ByteReader } from "./byte_reader.ts";
import { encodePcm16 } from "./pcm16.ts";
import { Resampler } from "./resampler.ts";
import { type AudioFormat, blockBytes, SampleDecoder } from "./sample_format.ts";
import { readWavHeader } from "./wav_header.ts";

/** Options of {@link openAudio}. */
export interface AudioOptions {
  /** The name of the source in messages. */
  readonly name: string;
  /** The rate of the session, Hz. */
  readonly rate: number;
  /** The form of audio without a header. Default: the source must be a WAV. */
  readonly raw?: AudioFormat;
  /** Receives warnings about audio that can be used. */
  readonly warn?: (message: string) => void;
}

/** Audio whose header was read. */
export interface AudioSource {
  /** Length, ms; `undefined` for a stream of unknown length. */
  readonly durationMs: number | undefined;
  /** PCM16 of one channel at the rate of the session, as it arrives. Can be iterated once. */
  readonly pcm: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/**
 * Maximum number of bytes that are converted together, which is the size of a pipe buffer. It limits the
 * memory of the conversion.
 */
const PIECE_BYTES = 65_536;

/** Approximate maximum number of samples from the conversion of one chunk. */
const PIECE_OUTPUT_SAMPLES = 65_536;

/**
 * Reads the header of audio.
 *
 * @param bytes the source; it is read only as fast as {@link AudioSource.pcm} is, and closed with it
 * @throws CulvertError `input_unreadable` for audio that cannot be used
 */
export async function openAudio(
  bytes: AsyncIterable<Uint8Array>,
  options: AudioOptions,
): Promise<AudioSource> {
  const { name, raw } = options;
  const reader = new ByteReader(bytes);
  try {
    const start = await reader.exactly(12);
    if (start.length === 0) throw unusable(name, "it is empty", "Check the program that writes it.");
    reader.unread(start);
    const isWav = /^(RIFF|RF64)....WAVE$/s.test(String.fromCharCode(...start));
    if (!isWav && raw === undefined) throw notWav(name, start);
    const { format, dataBytes } = isWav || raw === undefined
      ? await readWavHeader(reader, name)
      : { format: raw, dataBytes: undefined };
    return {
      durationMs: dataBytes === undefined ? undefined : durationMs(format, dataBytes),
      pcm: convert(reader, format, dataBytes, options),
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function* convert(
  reader: ByteReader,
  format: AudioFormat,
  dataBytes: number | undefined,
  { name, rate, warn = () => {} }: AudioOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const decoder = new SampleDecoder(format);
  const resampler = format.rate === rate ? undefined : new Resampler(format.rate, rate);
  try {
    const inputSamples = Math.floor(PIECE_OUTPUT_SAMPLES * format.rate / rate);
    const pieceBytes = Math.min(PIECE_BYTES, inputSamples * blockBytes(format));
    let left = dataBytes ?? Number.POSITIVE_INFINITY;
    while (left > 0) {
      const piece = await reader.some(Math.min(left, pieceBytes));
      if (piece === undefined) break;
      left -= piece.length;
      const samples = decoder.decode(piece);
      const output = resampler === undefined ? samples : resampler.push(samples);
      if (output.length > 0) yield encodePcm16(output);
    }
    if (dataBytes !== undefined && left > 0) {
      warn(`${name} ends ${plural(left, "byte")} before the length in its header: it may be incomplete`);
    }
    if (decoder.pendingBytes > 0) {
      warn(`${name} ends within a sample; ${plural(decoder.pendingBytes, "byte")} ignored`);
    }
    const tail = resampler?.end();
    if (tail !== undefined && tail.length > 0) yield encodePcm16(tail);
  } finally {
    await reader.close();
  }
}

function durationMs(format: AudioFormat, bytes: number): number {
  return bytes / blockBytes(format) / format.rate * 1000;
}

/** First bytes of other audio formats. */
const SIGNATURES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^ID3|^\xff[\xe2-\xfb]/, "MP3"],
  [/^fLaC/, "FLAC"],
  [/^OggS/, "Ogg"],
  [/^....ftyp/s, "MP4"],
  // The first byte is a control character.
  [/^.E\xdf\xa3/s, "WebM or Matroska"],
  [/^FORM....AIF[FC]/s, "AIFF"],
  [/^RIFX/, "big-endian WAV"],
];

function notWav(name: string, start: Uint8Array): CulvertError {
  const text = String.fromCharCode(...start);
  const kind = SIGNATURES.find(([pattern]) => pattern.test(text))?.[1];
  const file = name === "standard input" ? "FILE" : name;
  return kind === undefined
    ? unusable(
      name,
      "it is not a WAV file",
      "For 16-bit PCM without a header, give its sampling rate: --raw 16000. Other formats: " +
        `ffmpeg -i ${file} -f wav - | culvert transcribe -`,
    )
    : unusable(
      name,
      `it is ${/^[AEIOU]|^MP/.test(kind) ? "an" : "a"} ${kind} file, not a WAV file`,
      `Convert it: ffmpeg -i ${file} -f wav - | culvert transcribe -`,
    );
}

function unusable(name: string, why: string, hint: string): CulvertError {
  return new CulvertError("input_unreadable", `Cannot read the audio of ${name}: ${why}`, {
    hint,
    details: { input: name },
  });
}
