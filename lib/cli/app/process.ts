/**
 * The real process. Together with `main.ts` this is the only module that uses `Deno.args`, `Deno.env`,
 * `Deno.exit`, the standard streams and signals; a lint rule of the project enforces that.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import { secretsAround } from "../../redaction/environment_secrets.ts";
import type { Secrets } from "../../redaction/secrets.ts";
import { sleep } from "../../world/sleep.ts";
import type { World } from "../../world/world.ts";
import type { Host, StopSignal } from "../command/host.ts";
import { createOutputStreams, type StreamParts } from "../output/output_stream.ts";

/** Builds the host of the running process. */
export function processHost(): Host {
  const world = processWorld();
  let secrets: Secrets | undefined;
  return {
    args: Deno.args,
    world,
    ...createOutputStreams(streamParts(Deno.stdout), streamParts(Deno.stderr), world.sleep),
    stdin: { isTerminal: Deno.stdin.isTerminal(), kind: inputKind, stream: standardInput },
    secrets: () => secrets ??= secretsAround(world.env),
    onSignal,
    exit: (status) => Deno.exit(status),
  };
}

/** Builds the world of the running process. */
export function processWorld(): World {
  return {
    env: readVariable,
    undecodable: UNDECODABLE,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    sleep,
    cwd: () => Deno.cwd(),
    home: () => readVariable("HOME") ?? readVariable("USERPROFILE"),
    withoutVariables,
  };
}

/** Opens standard input. It may be a directory, which fails only when it is read. */
function standardInput(): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = Deno.stdin.readable.getReader();
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (cause) {
        throw new CulvertError("input_unreadable", `Cannot read standard input: ${fileProblem(cause)}`, {
          hint: "Check the source of standard input.",
          cause,
        });
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function streamParts(stream: typeof Deno.stdout): StreamParts {
  const isTerminal = stream.isTerminal();
  return {
    sink: stream,
    isTerminal,
    columns: () => {
      if (!isTerminal) return undefined;
      try {
        const { columns } = Deno.consoleSize();
        // A terminal whose size was never set reports 0.
        return columns > 0 ? columns : undefined;
      } catch {
        // The size is read from stdin, stdout or stderr, and the terminal on this stream need not have one.
        return undefined;
      }
    },
  };
}

async function inputKind(): Promise<"pipe" | "file" | "other"> {
  // `Deno.stdin` has no stat, and /dev/stdin cannot be opened without --allow-all.
  const { fstatSync } = await import("node:fs");
  try {
    const info = fstatSync(0);
    return info.isFIFO() ? "pipe" : info.isFile() ? "file" : "other";
  } catch {
    // Standard input is closed.
    return "other";
  }
}

function onSignal(signal: StopSignal, handler: () => void): () => void {
  // Deno throws for the other signals on Windows; Ctrl-C arrives there as SIGINT.
  if (Deno.build.os === "windows" && signal !== "SIGINT") return () => {};
  Deno.addSignalListener(signal, handler);
  return () => Deno.removeSignalListener(signal, handler);
}

/** Variables whose values are not valid Unicode, as far as they were read. */
const UNDECODABLE = new Set<string>();

/** Returns a variable of the process; one that cannot be read counts as unset, as in the codex client (0.171.0). */
function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    // The error quotes the value, which may be a secret, so it is never thrown or kept.
    if (error instanceof Deno.errors.InvalidData) UNDECODABLE.add(name);
    // An impossible name, or no permission to read the variable.
    else if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotCapable)) throw error;
    return undefined;
  }
}

function withoutVariables<T>(names: readonly string[], create: () => T): T {
  const hidden = new Map<string, string>();
  for (const name of names) {
    const value = readVariable(name);
    if (value !== undefined) hidden.set(name, value);
    // A value that cannot be decoded is deleted for good: it cannot be restored, and the loader of the OS roots
    // would use it.
    if (value !== undefined || UNDECODABLE.has(name)) Deno.env.delete(name);
  }
  try {
    return create();
  } finally {
    for (const [name, value] of hidden) Deno.env.set(name, value);
  }
}
