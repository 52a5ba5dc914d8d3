/**
 * Writes text to standard output and standard error. Every byte that the program prints passes through this module:
 * it filters control characters, applies styles, waits for a slow reader and turns failures into errors.
 *
 * @module
 */
import { fileProblem } from "../../files/read_file.ts";
import { CulvertError } from "../../errors.ts";
import { removeControls } from "../../text/control_characters.ts";
import type { MessageStream, OutputStream } from "./streams.ts";
import { applyStyles } from "../../text/style.ts";

/** The descriptor behind a stream, such as `Deno.stdout`. */
export interface Sink {
  readonly write: (bytes: Uint8Array) => Promise<number>;
  readonly writeSync: (bytes: Uint8Array) => number;
}

/** What {@link createOutputStreams} builds on. */
export interface StreamParts {
  readonly sink: Sink;
  readonly isTerminal: boolean;
  readonly columns: () => number | undefined;
}

/** Wait before a full non-blocking pipe is tried again, ms. */
const RETRY_MS = 10;

/**
 * Builds both streams.
 *
 * On a terminal, and on standard error always, every control character but newline and tab is replaced by U+FFFD, and
 * styles become escape sequences. What goes to standard output as a pipe or a file stays as it is.
 *
 * @param sleep waits for a number of ms
 */
export function createOutputStreams(
  out: StreamParts,
  err: StreamParts,
  sleep: (ms: number) => Promise<void>,
): { readonly stdout: OutputStream; readonly stderr: MessageStream } {
  const errors = ignoringFailures(retrying(err.sink, "standard error", sleep));
  let statusWidth = 0;
  const removeStatus = () => {
    // Spaces and not an escape sequence: some programs that show a terminal's output know no sequences.
    if (statusWidth > 0) errors.writeSync(encode(`\r${" ".repeat(statusWidth)}\r`));
    statusWidth = 0;
  };
  const stdout = out.isTerminal
    ? filtering(retrying(out.sink, "standard output", sleep), removeStatus)
    : plain(retrying(out.sink, "standard output", sleep));
  return {
    stdout: { isTerminal: out.isTerminal, columns: out.columns, ...stdout },
    stderr: {
      isTerminal: err.isTerminal,
      columns: err.columns,
      ...filtering(errors, removeStatus),
      showStatus: (line) => {
        removeStatus();
        if (!err.isTerminal || line === "") return;
        const text = removeControls(line).slice(0, (err.columns() ?? 80) - 1);
        errors.writeSync(encode(text));
        statusWidth = text.length;
      },
    },
  };
}

interface ByteWriter {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly writeSync: (bytes: Uint8Array) => void;
}

type TextWriter = Pick<OutputStream, "write" | "writeSync" | "writeSequence">;

/** Writes all bytes, however many calls that takes. A pipe that another program made non-blocking is waited for. */
function retrying(sink: Sink, name: string, sleep: (ms: number) => Promise<void>): ByteWriter {
  return {
    write: async (bytes) => {
      for (let rest = bytes; rest.length > 0;) {
        try {
          rest = rest.subarray(await sink.write(rest));
        } catch (error) {
          if (!(error instanceof Deno.errors.WouldBlock)) throw writeError(error, name);
          await sleep(RETRY_MS);
        }
      }
    },
    writeSync: (bytes) => {
      for (let rest = bytes; rest.length > 0;) {
        try {
          rest = rest.subarray(sink.writeSync(rest));
        } catch (error) {
          if (!(error instanceof Deno.errors.WouldBlock)) throw writeError(error, name);
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
        }
      }
    },
  };
}

/** A message that cannot be shown never changes what a command does. After the first failure nothing is tried. */
function ignoringFailures(writer: ByteWriter): ByteWriter {
  let hasFailed = false;
  return {
    write: async (bytes) => {
      if (hasFailed) return;
      try {
        await writer.write(bytes);
      } catch {
        hasFailed = true;
      }
    },
    writeSync: (bytes) => {
      if (hasFailed) return;
      try {
        writer.writeSync(bytes);
      } catch {
        hasFailed = true;
      }
    },
  };
}

function plain({ write, writeSync }: ByteWriter): TextWriter {
  return {
    write: (data) => write(encode(data)),
    writeSync: (data) => writeSync(encode(data)),
    writeSequence: ({ text }) => write(encode(text)),
  };
}

/** @param prepare called before each write */
function filtering({ write, writeSync }: ByteWriter, prepare: () => void): TextWriter {
  // A carriage return at the end may belong to a line feed in the next piece.
  let isReturnPending = false;
  const filter = (data: string | Uint8Array): Uint8Array => {
    prepare();
    const text = (isReturnPending ? "\r" : "") +
      (typeof data === "string" ? data : new TextDecoder().decode(data));
    isReturnPending = text.endsWith("\r");
    const complete = isReturnPending ? text.slice(0, -1) : text;
    return encode(applyStyles(removeControls(complete, { newline: true, tab: true, joiners: true })));
  };
  return {
    write: (data) => write(filter(data)),
    writeSync: (data) => writeSync(filter(data)),
    writeSequence: ({ text }) => {
      prepare();
      return write(encode(text));
    },
  };
}

const encoder = new TextEncoder();

function encode(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}

function writeError(error: unknown, name: string): CulvertError {
  if (error instanceof Deno.errors.BrokenPipe) {
    return new CulvertError("reader_gone", `Cannot write to ${name}: the reader closed it`, { cause: error });
  }
  return new CulvertError("output_unwritable", `Cannot write to ${name}: ${fileProblem(error)}`, {
    hint: "Check the disk or device of the output.",
    cause: error,
  });
}
