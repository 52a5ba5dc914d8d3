/**
 * Runs a program that leads to the keyring. Secrets go through its stdin and stdout alone, for every user of the
 * machine may read the arguments of a process.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import { type KeyringCall, keyringFailure } from "./keyring.ts";

/** How long a person may take to answer the keyring's question, ms. */
const LIMIT_MS = 60_000;

/** Which program, and who brings it. */
export interface KeyringProgram {
  readonly name: string;
  /** What to do where it is missing. */
  readonly install: string;
}

/** How it ended. */
export interface ProgramEnd {
  readonly code: number;
  /** May be secret. */
  readonly stdout: string;
  readonly stderr: string;
}

/** One run of it. */
export interface ProgramRun extends KeyringCall {
  /** May be secret. */
  readonly stdin?: string | undefined;
}

/**
 * Runs it to its end, or ends it when nobody waits any more.
 *
 * @throws CulvertError `auth_storage`: `details.problem` is `not_installed`, `not_started` or `timeout`; the signal's
 *   reason
 */
export async function runKeyringProgram(
  program: KeyringProgram,
  args: readonly string[],
  world: Pick<World, "sleep">,
  { stdin = "", signal, limitMs = LIMIT_MS }: ProgramRun = {},
): Promise<ProgramEnd> {
  signal?.throwIfAborted();
  const child = start(program, args);
  const stopTimer = new AbortController();
  const either = signal === undefined ? stopTimer.signal : AbortSignal.any([stopTimer.signal, signal]);
  const timeout = world.sleep(limitMs, either).then(() => {
    throw tooSlow(program, limitMs);
  });
  // The race may be over when the timer is called off.
  timeout.catch(() => {});
  const output = Promise.all([child.output(), feed(child, stdin)]);
  try {
    const [{ code, stdout, stderr }] = await Promise.race([output, timeout]);
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    output.catch(() => {});
    end(child);
    throw error;
  } finally {
    stopTimer.abort();
  }
}

function tooSlow({ name }: KeyringProgram, limitMs: number): Error {
  return keyringFailure(
    "timeout",
    `Cannot use the keyring: ${name} did not answer within ${limitMs / 1000} s`,
    { hint: `The keyring may be waiting for its password. Unlock it, then try again. ${OTHERWISE}` },
  );
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended, and a program that it started holds its output.
    if (!(error instanceof TypeError)) throw error;
  }
}

const NOT_ALLOWED = "Check that this process may start programs.";
const OR_THE_FILE = 'Or set cli_auth_credentials_store = "file" in config.toml.';
const OTHERWISE = 'Where nobody can do that, set cli_auth_credentials_store = "file" in config.toml.';

function start({ name, install }: KeyringProgram, args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(name, {
      args: [...args],
      // What it says is compared with what is known to be said in English.
      env: { LC_ALL: "C" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    const isMissing = cause instanceof Deno.errors.NotFound;
    throw keyringFailure(
      isMissing ? "not_installed" : "not_started",
      `Cannot use the keyring: ${name} ${isMissing ? "is not installed" : "cannot be started"}`,
      { hint: `${isMissing ? install : NOT_ALLOWED} ${OR_THE_FILE}`, cause },
    );
  }
}

async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  try {
    const writer = child.stdin.getWriter();
    if (text !== "") await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // It ended without reading; how it ended tells more.
    if (!(error instanceof Error)) throw error;
  }
}
