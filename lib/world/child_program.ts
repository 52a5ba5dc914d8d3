/**
 * Runs other programs with a time limit, with an output limit, and without the secrets of the environment.
 *
 * @module
 */
import { absolutePath } from "./absolute_path.ts";
import type { Environment, World } from "./world.ts";

/** Largest output that is read, bytes for each stream. */
const OUTPUT_LIMIT_BYTES = 1024 * 1024;

/** Time limit for the last output of a program that has ended, ms. */
const GRACE_MS = 250;

/** Variables that a program needs to find its session, its files and its language. None of them is a key. */
const SESSION_VARIABLES = [
  ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TMPDIR", "TZ"],
  ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION"],
  ["XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"],
  ["XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CACHE_HOME", "GNOME_KEYRING_CONTROL", "WSL_DISTRO_NAME"],
  ["SystemRoot", "windir", "ComSpec", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA"],
  ["ProgramFiles", "ProgramData", "HOMEDRIVE", "HOMEPATH", "USERNAME"],
].flat();

/** Returns only the variables that a program of the desktop session needs. */
export function sessionEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(SESSION_VARIABLES.flatMap((name) => {
    const value = env(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** One run of a program. */
export interface ProgramRun {
  readonly command: string;
  readonly args: readonly string[];
  /** Default: that of this process. */
  readonly cwd?: string;
  /** The whole environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed. May be secret. */
  readonly stdin?: string;
  /** Variables of this process that are empty for the program. */
  readonly hides?: readonly string[];
  /** Whether the program is killed together with the programs that it started. Not on Windows. Default false. */
  readonly killsGroup?: boolean;
  /** The program is killed after this time, ms. */
  readonly limitMs: number;
  /** Kills the program. */
  readonly signal?: AbortSignal | undefined;
}

/** The end of a run. Both outputs may be secret. */
export type ProgramEnd =
  | {
    readonly kind: "ended";
    readonly code: number;
    readonly signal: Deno.Signal | null;
    readonly stdout: Uint8Array<ArrayBuffer>;
    readonly stderr: Uint8Array<ArrayBuffer>;
  }
  | { readonly kind: "not_found" | "not_started"; readonly cause: unknown }
  | { readonly kind: "timeout" | "too_much_output" };

/**
 * Returns the path of a program that the configuration names: of several parts, it is relative to `cwd`; a bare name
 * is looked up in `PATH`.
 */
export function programPath(command: string, cwd: string): string {
  const isBareName = !/[/\\]/.test(command);
  return isBareName ? command : absolutePath(command, cwd);
}

/** Returns the reason why a program did not end normally, to complete "the command …". */
export function describeFailure(
  { kind }: Exclude<ProgramEnd, { readonly kind: "ended" }>,
  limitMs: number,
): string {
  switch (kind) {
    case "not_found":
      return "was not found";
    case "not_started":
      return "could not be started";
    case "timeout":
      return `did not finish within ${limitMs} ms`;
    case "too_much_output":
      return "printed more than 1 MiB";
  }
}

/**
 * Runs a program to its end.
 *
 * @throws the signal's reason
 */
export async function runProgram(run: ProgramRun, world: Pick<World, "sleep">): Promise<ProgramEnd> {
  run.signal?.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(run.command, {
      args: [...run.args],
      ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
      ...(run.env === undefined ? {} : { env: { ...run.env }, clearEnv: true }),
      ...(run.hides === undefined ? {} : { env: Object.fromEntries(run.hides.map((name) => [name, ""])) }),
      ...(isGroup(run) ? { detached: true } : {}),
      stdin: run.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    return { kind: cause instanceof Deno.errors.NotFound ? "not_found" : "not_started", cause };
  }
  const timer = new AbortController();
  const either = run.signal === undefined ? timer.signal : AbortSignal.any([timer.signal, run.signal]);
  const timeout = world.sleep(run.limitMs, either).then((): ProgramEnd => ({ kind: "timeout" }));
  timeout.catch(() => {/* aborted below */});
  const output = outputOf(child, run.stdin, world);
  output.catch(() => {/* the race may be over */});
  let end: ProgramEnd | undefined;
  try {
    return end = await Promise.race([output, timeout]);
  } finally {
    timer.abort();
    if (end?.kind !== "ended") kill(child, isGroup(run));
  }
}

function isGroup({ killsGroup }: ProgramRun): boolean {
  return killsGroup === true && Deno.build.os !== "windows";
}

async function outputOf(
  child: Deno.ChildProcess,
  stdin: string | undefined,
  world: Pick<World, "sleep">,
): Promise<ProgramEnd> {
  const stdout = new BoundedOutput(child.stdout);
  const stderr = new BoundedOutput(child.stderr);
  const isRead = Promise.all([
    stdout.read(),
    stderr.read(),
    stdin === undefined ? undefined : writeAndClose(child.stdin, stdin),
  ]);
  // A program that it started may keep its outputs open: only the output until shortly after its end is read.
  const hasEnded = child.status.then(async (status) => {
    const timer = new AbortController();
    const grace = world.sleep(GRACE_MS, timer.signal).catch(() => {/* not needed any more */});
    await Promise.race([isRead, grace]);
    timer.abort();
    return status;
  });
  try {
    const { code, signal } = await Promise.race([hasEnded, isRead.then(() => hasEnded)]);
    return { kind: "ended", code, signal, stdout: stdout.bytes(), stderr: stderr.bytes() };
  } catch (error) {
    if (error instanceof TooMuchOutput) return { kind: "too_much_output" };
    throw error;
  } finally {
    hasEnded.catch(() => {/* reported above */});
    isRead.catch(() => {/* reported above */});
    stdout.cancel();
    stderr.cancel();
  }
}

class TooMuchOutput extends Error {}

/** The bytes that a program has written to one of its outputs. */
class BoundedOutput {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** @throws TooMuchOutput */
  async read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      this.#length += value.length;
      if (this.#length > OUTPUT_LIMIT_BYTES) throw new TooMuchOutput();
      this.#chunks.push(value);
    }
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    this.#chunks.reduce((at, chunk) => (bytes.set(chunk, at), at + chunk.length), 0);
    return bytes;
  }

  cancel(): void {
    this.#reader.cancel().catch(() => {/* it has already failed */});
  }
}

async function writeAndClose(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    const writer = stream.getWriter();
    if (text !== "") await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // The program ended without reading; its exit code shows the reason.
    if (!(error instanceof Error)) throw error;
  }
}

function kill(child: Deno.ChildProcess, isGroup: boolean): void {
  try {
    if (isGroup) Deno.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch (error) {
    // It has ended, and a program that it started keeps its output open.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
