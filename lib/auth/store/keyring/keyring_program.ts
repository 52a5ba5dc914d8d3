/**
 * Runs the program that gives access to the keyring. Secrets pass through its standard input and output only, since
 * every user of the machine can read the arguments of a process.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import { runProgram, sessionEnvironment } from "../../../world/child_program.ts";
import { keyringFailure } from "./keyring.ts";

/** How long the user may take to enter a password, ms. */
const LIMIT_MS = 60_000;
const OR_THE_FILE = 'Or set cli_auth_credentials_store = "file" in config.toml.';

/** The process, as keyring programs need it. */
export type KeyringWorld = Pick<World, "sleep" | "env">;

/** A program and where it comes from. */
interface KeyringProgram {
  readonly name: string;
  /** What to do where it is missing. */
  readonly install: string;
}

/** The end of a run. */
export interface KeyringProgramEnd {
  readonly code: number;
  /** May be secret. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link runKeyringProgram}. */
export interface KeyringProgramInput {
  /** May be secret. */
  readonly stdin?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the program to its end.
 *
 * @throws CulvertError `auth_storage`: `details.problem` is `not_installed`, `not_started`, `timeout` or `failed`;
 *   the signal's reason
 */
export async function runKeyringProgram(
  { name, install }: KeyringProgram,
  args: readonly string[],
  world: KeyringWorld,
  { stdin = "", signal }: KeyringProgramInput = {},
): Promise<KeyringProgramEnd> {
  // Its messages are compared with the English ones.
  const env = { ...sessionEnvironment(world.env), LC_ALL: "C" };
  const end = await runProgram({ command: name, args, env, stdin, signal, limitMs: LIMIT_MS }, world);
  const fail = (problem: string, what: string, hint: string, cause?: unknown) =>
    keyringFailure(problem, `Cannot use the keyring: ${name} ${what}`, { hint, cause });
  switch (end.kind) {
    case "ended": {
      const decoder = new TextDecoder();
      return { code: end.code, stdout: decoder.decode(end.stdout), stderr: decoder.decode(end.stderr) };
    }
    case "not_found":
      throw fail("not_installed", "is not installed", `${install} ${OR_THE_FILE}`, end.cause);
    case "not_started":
      throw fail(
        "not_started",
        "cannot be started",
        `Check that this process may start programs. ${OR_THE_FILE}`,
        end.cause,
      );
    case "timeout":
      throw fail(
        "timeout",
        `did not answer within ${LIMIT_MS / 1000} s`,
        `The keyring may be waiting for its password. Unlock it, then try again. ${OR_THE_FILE}`,
      );
    case "too_much_output":
      throw fail("failed", "printed more than 1 MiB", `Check which program ${name} is. ${OR_THE_FILE}`);
  }
}
