/**
 * Runs the program that gives access to the keyring. Secrets pass through its standard input and output only, since
 * every user of the machine can read the arguments of a process.
 *
 * @module
 */
import { type ProgramRun, runProgram, sessionEnvironment } from "../../../world/child_program.ts";
import type { World } from "../../../world/world.ts";
import { keyringFailure } from "./keyring.ts";

/** How long the user may take to enter a password, ms. */
const LIMIT_MS = 60_000;

/** The process, as keyring programs need it. */
export type KeyringWorld = Pick<World, "sleep" | "env">;

/** The end of a run. */
export interface KeyringProgramEnd {
  readonly code: number;
  /** May be secret. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link runKeyringProgram}. */
export type KeyringProgramInput = Pick<ProgramRun, "stdin" | "signal">;

/** Why a program gave no answer: `details.problem`, and the end of the sentence. */
const PROBLEMS = {
  not_found: ["not_installed", "is not installed"],
  not_started: ["not_started", "cannot be started"],
  timeout: ["timeout", `did not answer within ${LIMIT_MS / 1000} s`],
  too_much_output: ["failed", "printed more than 1 MiB"],
} as const;

/**
 * Runs the program to its end.
 *
 * @throws CulvertError `auth_storage`: `details.problem` is `not_installed`, `not_started`, `timeout` or `failed`;
 *   the signal's reason
 */
export async function runKeyringProgram(
  command: string,
  args: readonly string[],
  world: KeyringWorld,
  { stdin = "", signal }: KeyringProgramInput = {},
): Promise<KeyringProgramEnd> {
  // Its messages are compared with the English ones.
  const env = { ...sessionEnvironment(world.env), LC_ALL: "C" };
  const end = await runProgram({ command, args, env, stdin, signal, limitMs: LIMIT_MS }, world);
  if (end.kind === "ended") {
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code: end.code, stdout: decode(end.stdout), stderr: decode(end.stderr) };
  }
  const [problem, what] = PROBLEMS[end.kind];
  const cause = "cause" in end ? end.cause : undefined;
  throw keyringFailure(problem, `Cannot use the keyring: ${command} ${what}`, {}, cause);
}
