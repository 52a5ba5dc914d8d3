/**
 * Writes audio while it arrives: to a file, to standard output or to a special file.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import { writeAll } from "../../files/write_all.ts";
import { pcm16Ms } from "../../realtime/audio/pcm16.ts";
import { isSamplingRate } from "../../realtime/audio/sample_format.ts";
import { wavHeader } from "../../realtime/audio/wav_writer.ts";
import { SESSION_RATE } from "../../realtime/protocol/protocol_version.ts";
import { plural } from "../../text/plural.ts";
import type { Host } from "../command/host.ts";
import { openOutput, temporaryName } from "../output/output_file.ts";
import type { OutputTarget } from "../output/output_target.ts";

/** The form of the audio. */
export type AudioContainer = "wav" | "pcm";

/** Audio that is being written. */
export interface AudioOutput {
  /** Whether it goes to standard output. */
  readonly isStdout: boolean;
  /** Length of what was written, ms. */
  readonly writtenMs: () => number;
  /**
   * Appends PCM16. The first call sets rate (Hz) and channels of the file.
   *
   * @throws CulvertError `response_failed` for a form that cannot be written, or that differs from the first one;
   *   `output_unwritable`
   */
  readonly write: (pcm: Uint8Array<ArrayBuffer>, rate: number, channels: number) => Promise<void>;
  /** Completes the file. A regular file appears under its name only now. */
  readonly finish: () => Promise<void>;
  /**
   * Keeps what was written as `PATH.partial` beside a regular file.
   *
   * @returns its name; `undefined` if nothing was written, or where the audio went to a stream
   */
  readonly keepPartial: () => Promise<string | undefined>;
}

/**
 * Checks that the audio can be written, and opens it.
 *
 * @param path as typed; `-` is standard output
 * @throws CulvertError `output_unwritable`; `usage` for a terminal
 */
export async function openAudioOutput(
  host: Host,
  path: string,
  container: AudioContainer,
): Promise<AudioOutput> {
  const { target } = await openOutput(host, path);
  if (target.kind === "stream" && host[target.stream].isTerminal) {
    throw new CulvertError("usage", "The audio would be written to a terminal", {
      hint: "Name a file, or pipe it to a player: culvert realtime -o - TEXT | play -",
    });
  }
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CulvertError) throw error;
      throw new CulvertError("output_unwritable", `Cannot write --output ${path}: ${fileProblem(error)}`, {
        hint: "Check that the directory exists and is writable, and that the disk has free space.",
        details: { flag: "--output", path },
        cause: error,
      });
    }
  };
  const sink = await guard(() => openSink(host, target));
  const form = { rate: SESSION_RATE, channels: 1 };
  let bytes = 0;
  let hasBegun = false;
  const begin = async () => {
    hasBegun = true;
    if (container === "wav") await sink.write(wavHeader(form.rate, form.channels, undefined));
  };
  return {
    isStdout: target.kind === "stream" && target.stream === "stdout",
    writtenMs: () => pcm16Ms(bytes / form.channels, form.rate),
    write: (pcm, rate, channels) =>
      guard(async () => {
        checkForm(rate, channels, hasBegun ? form : undefined);
        if (!hasBegun) {
          Object.assign(form, { rate, channels });
          await begin();
        }
        await sink.write(pcm);
        bytes += pcm.length;
      }),
    finish: () =>
      guard(async () => {
        if (!hasBegun) await begin();
        await sink.finish(container === "wav" ? wavHeader(form.rate, form.channels, bytes) : undefined);
      }),
    keepPartial: () =>
      guard(async () => {
        const header = container === "wav" ? wavHeader(form.rate, form.channels, bytes) : undefined;
        return await sink.keepPartial(bytes === 0, header) ? `${path}.partial` : undefined;
      }),
  };
}

/** Most channels of the audio that a server sends. The API documents one. */
const MAX_CHANNELS = 32;

/**
 * Checks what the server states about its audio.
 *
 * @param begun the form of the audio that was written before
 * @throws CulvertError `response_failed` for audio that cannot be written, or not to the same file
 */
function checkForm(
  rate: number,
  channels: number,
  begun: { readonly rate: number; readonly channels: number } | undefined,
): void {
  const stated = `audio of ${rate} Hz and ${plural(channels, "channel")}`;
  if (!isSamplingRate(rate) || !Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS) {
    throw new CulvertError("response_failed", `The server sent ${stated}, which cannot be written`);
  }
  if (begun !== undefined && (begun.rate !== rate || begun.channels !== channels)) {
    const before = `${begun.rate} Hz and ${plural(begun.channels, "channel")}`;
    throw new CulvertError("response_failed", `The server sent ${stated} after audio of ${before}`, {
      hint: "One file cannot contain both. Try again.",
    });
  }
}

interface Sink {
  readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** @param header written over the beginning, where the target can be sought in */
  readonly finish: (header: Uint8Array<ArrayBuffer> | undefined) => Promise<void>;
  /** @returns whether something was kept */
  readonly keepPartial: (isEmpty: boolean, header: Uint8Array<ArrayBuffer> | undefined) => Promise<boolean>;
}

async function openSink(host: Host, target: OutputTarget): Promise<Sink> {
  if (target.kind === "stream") {
    const stream = host[target.stream];
    return {
      write: (bytes) => stream.write(bytes),
      finish: async () => {},
      keepPartial: () => Promise.resolve(false),
    };
  }
  if (target.kind === "special") {
    const file = await Deno.open(target.path, { write: true });
    const close = () => Promise.resolve(file.close());
    return {
      write: (bytes) => writeAll(file, bytes),
      finish: close,
      keepPartial: () => close().then(() => false),
    };
  }
  const temporary = temporaryName(target.path);
  const file = await Deno.open(temporary, { write: true, createNew: true });
  const complete = async (header: Uint8Array<ArrayBuffer> | undefined, name: string) => {
    if (header !== undefined) {
      await file.seek(0, Deno.SeekMode.Start);
      await writeAll(file, header);
    }
    file.close();
    if (target.kind === "file" && target.info.mode !== null && Deno.build.os !== "windows") {
      await Deno.chmod(temporary, target.info.mode & 0o777);
    }
    await Deno.rename(temporary, name);
  };
  return {
    write: (bytes) => writeAll(file, bytes),
    finish: (header) => complete(header, target.path),
    keepPartial: async (isEmpty, header) => {
      if (!isEmpty) await complete(header, `${target.path}.partial`);
      else {
        file.close();
        await Deno.remove(temporary);
      }
      return !isEmpty;
    },
  };
}
