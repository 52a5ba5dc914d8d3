/**
 * The real process, behind the {@link World} that everything else sees. Beside `main.ts` this is the only
 * module that names `Deno.args`, `Deno.env`, `Deno.exit`, the standard streams or signals; a lint rule of the
 * house keeps it so.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import type { Host, StopSignal } from "../command/host.ts";
import type { OutputStream } from "../output/streams.ts";

/** Builds the host of the running process. */
export function processHost(): Host {
  return {
    args: Deno.args,
    world: processWorld(),
    stdout: outputStream(Deno.stdout, "standard output"),
    stderr: outputStream(Deno.stderr, "standard error"),
    stdin: { isTerminal: Deno.stdin.isTerminal(), stream: () => Deno.stdin.readable },
    onSignal,
    exit: (status) => Deno.exit(status),
  };
}

/** Builds the world of the running process. */
export function processWorld(): World {
  return {
    env: readVariable,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    sleep,
    cwd: () => Deno.cwd(),
    home: () => readVariable("HOME") ?? readVariable("USERPROFILE"),
    withoutVariables,
  };
}

type Writer = typeof Deno.stdout;

function outputStream(writer: Writer, name: string): OutputStream {
  const encoder = new TextEncoder();
  const bytesOf = (data: string | Uint8Array) => typeof data === "string" ? encoder.encode(data) : data;
  return {
    isTerminal: writer.isTerminal(),
    columns: () => {
      if (!writer.isTerminal()) return undefined;
      try {
        const { columns } = Deno.consoleSize();
        // A terminal that was never told its size says 0.
        return columns > 0 ? columns : undefined;
      } catch {
        // A terminal on this stream does not promise one that knows its size.
        return undefined;
      }
    },
    write: async (data) => {
      let rest = bytesOf(data);
      try {
        while (rest.length > 0) rest = rest.subarray(await writer.write(rest));
      } catch (error) {
        throw writeError(error, name);
      }
    },
    writeSync: (data) => {
      let rest = bytesOf(data);
      try {
        while (rest.length > 0) rest = rest.subarray(writer.writeSync(rest));
      } catch (error) {
        throw writeError(error, name);
      }
    },
  };
}

function writeError(error: unknown, name: string): CulvertError {
  if (error instanceof Deno.errors.BrokenPipe) {
    return new CulvertError("reader_gone", `Cannot write to ${name}: the reader went away`, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new CulvertError("output_unwritable", `Cannot write to ${name}: ${reason}`, {
    hint: "Check the disk or device that the output goes to.",
    cause: error,
  });
}

function onSignal(signal: StopSignal, handler: () => void): () => void {
  // Windows knows no SIGTERM (Deno throws for it); Ctrl-C arrives there as SIGINT.
  if (Deno.build.os === "windows" && signal === "SIGTERM") return () => {};
  Deno.addSignalListener(signal, handler);
  return () => Deno.removeSignalListener(signal, handler);
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    // A name or value that is not valid text counts as unset (spec of the CA variables), and so does one that
    // an embedding program gave no permission to read.
    if (error instanceof TypeError || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function withoutVariables<T>(names: readonly string[], create: () => T): T {
  const hidden = new Map<string, string>();
  for (const name of names) {
    const value = readVariable(name);
    if (value === undefined) continue;
    hidden.set(name, value);
    Deno.env.delete(name);
  }
  try {
    return create();
  } finally {
    for (const [name, value] of hidden) Deno.env.set(name, value);
  }
}

/**
 * So many waits of a process are made without `setTimeout`, whose first use loads 22 modules of the runtime: 4 ms of
 * processor time beside 15 for an empty program (Deno 2.9.6). A plain turn has two. `AbortSignal.timeout` costs next
 * to nothing but cannot be called off, so that whatever waits more often is better served by the other.
 */
let lightWaits = 4;

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const startTimer = lightWaits-- > 0 ? startLightTimer : startRealTimer;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const onAbort = () => {
      stopTimer();
      reject(signal?.reason);
    };
    const stopTimer = startTimer(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** @returns what calls the timer off */
function startRealTimer(ms: number, onEnd: () => void): () => void {
  const timer = setTimeout(onEnd, ms);
  return () => clearTimeout(timer);
}

/** Keeps the process alive for as long as somebody listens, as the other one does. */
function startLightTimer(ms: number, onEnd: () => void): () => void {
  const over = AbortSignal.timeout(ms);
  over.addEventListener("abort", onEnd, { once: true });
  return () => over.removeEventListener("abort", onEnd);
}
