/**
 * Opens the audio that a command reads: a file, a pipe or standard input.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import { type AudioSource, openAudio } from "../../realtime/audio/audio_source.ts";
import { isSamplingRate, SAMPLING_RATES } from "../../realtime/audio/sample_format.ts";
import { SESSION_RATE } from "../../realtime/protocol/protocol_version.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { Host } from "../command/host.ts";

/** Options for reading the input. */
export interface InputOptions {
  /** Sampling rate of input without a header, Hz. */
  readonly raw?: number | undefined;
  /** Channels of input without a header. Default 1. */
  readonly channels?: number | undefined;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Maximum number of channels in a WAV header. The same limit applies to audio without a header. */
const MAX_CHANNELS = 65_535;

/** Audio with the name that messages use for it. */
export interface NamedAudio extends AudioSource {
  readonly name: string;
}

/**
 * Opens the audio and reads its header.
 *
 * @param path as typed; `-` is standard input
 * @throws CulvertError `input_unreadable`; `usage` for a terminal as standard input, for `--channels` without `--raw`
 *   and for a sampling rate that is not accepted; the signal's reason
 */
export async function openInput(host: Host, path: string, options: InputOptions): Promise<NamedAudio> {
  const { channels = 1, raw, signal, warn } = options;
  if (raw === undefined && options.channels !== undefined) {
    throw new CulvertError("usage", "--channels was given without --raw", {
      hint: "A WAV file contains the number of its channels.",
    });
  }
  if (raw !== undefined && !isSamplingRate(raw)) {
    const { max, min } = SAMPLING_RATES;
    throw new CulvertError("usage", `--raw ${raw} is not a sampling rate between ${min} and ${max} Hz`, {
      hint: "Write the sampling rate of the audio in Hz, such as --raw 16000.",
    });
  }
  if (channels > MAX_CHANNELS) {
    throw new CulvertError("usage", `--channels ${channels} is more than ${MAX_CHANNELS}`, {
      hint: "Use the number of channels of the audio.",
    });
  }
  const name = path === "-" ? "standard input" : path;
  const audio = await raceAbort(
    openAudio(readable(await bytesOf(host, path), name), {
      name,
      rate: SESSION_RATE,
      warn,
      ...(raw === undefined ? {} : { raw: { encoding: "s16", channels, rate: raw } as const }),
    }),
    signal,
  );
  return { ...audio, name };
}

async function bytesOf(host: Host, path: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if (path === "-") {
    if (!host.stdin.isTerminal) return host.stdin.stream();
    throw new CulvertError("usage", "Standard input is a terminal, and audio cannot be typed", {
      hint: "Name a WAV file, or pipe audio in: sox -d -t wav - | culvert transcribe -",
    });
  }
  if (path === "") {
    throw new CulvertError("input_unreadable", 'Cannot read "": the name of the file is empty', {
      hint: "Name a WAV file, or use - for standard input.",
    });
  }
  try {
    const absolute = absolutePath(path, host.world.cwd());
    // A directory can be opened on some systems; only reading it fails.
    if ((await Deno.stat(absolute)).isDirectory) throw new Error("it is a directory");
    return (await Deno.open(absolute, { read: true })).readable;
  } catch (error) {
    throw new CulvertError("input_unreadable", `Cannot read ${path}: ${fileProblem(error)}`, {
      hint: "Check the path; it is relative to the working directory.",
      details: { path },
      cause: error,
    });
  }
}

/** Yields the chunks of a stream. A failure of the system while reading becomes `input_unreadable`. */
async function* readable(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const pieces = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await pieces.next().catch((error: unknown) => {
        if (error instanceof CulvertError) throw error;
        throw new CulvertError("input_unreadable", `Cannot read ${name}: ${fileProblem(error)}`, {
          hint: "Check the file or the program that writes it.",
          details: { input: name },
          cause: error,
        });
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await pieces.return?.();
  }
}
