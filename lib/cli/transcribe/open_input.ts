/**
 * Opens the audio that a command reads: a file, a pipe or standard input.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import { type AudioSource, openAudio } from "../../realtime/audio/audio_source.ts";
import { SESSION_RATE } from "../../realtime/protocol/protocol_version.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { Host } from "../command/host.ts";

/** How to read it. */
export interface InputOptions {
  /** Sampling rate of input without a header, Hz. */
  readonly raw?: number | undefined;
  /** Channels of input without a header. Default 1. */
  readonly channels?: number | undefined;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Audio with the name that messages use for it. */
export interface NamedAudio extends AudioSource {
  readonly name: string;
}

/**
 * Opens the audio and reads its header.
 *
 * @param path as typed; `-` is standard input
 * @throws CulvertError `input_unreadable`; `usage` for a terminal as standard input and for `--channels` without
 *   `--raw`; the signal's reason
 */
export async function openInput(host: Host, path: string, options: InputOptions): Promise<NamedAudio> {
  const { channels = 1, raw, signal, warn } = options;
  if (raw === undefined && options.channels !== undefined) {
    throw new CulvertError("usage", "--channels was given without --raw", {
      hint: "A WAV file states its channels itself.",
    });
  }
  const name = path === "-" ? "standard input" : path;
  const audio = await raceAbort(
    openAudio(await bytesOf(host, path), {
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
  try {
    return (await Deno.open(absolutePath(path, host.world.cwd()), { read: true })).readable;
  } catch (error) {
    throw new CulvertError("input_unreadable", `Cannot open ${path}: ${fileProblem(error)}`, {
      hint: "Check the name of the file.",
      details: { path },
      cause: error,
    });
  }
}
