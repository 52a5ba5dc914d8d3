/**
 * A bearer token that a configured command prints (`[model_providers.*.auth]` of the codex client).
 *
 * @module
 */
import { singleFlight } from "../../async/single_flight.ts";
import type { CommandAuth } from "../../config/provider.ts";
import { CulvertError, type DetailValue, handleFailure } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import { bearerHeaders } from "../auth_headers.ts";
import { describeFailure, programPath, runProgram } from "../../world/child_program.ts";
import { type ActiveCredential, type Supplied, suppliedCredential } from "../recovery/active_credential.ts";

/** How much of the command's standard error is shown, characters. */
const MAX_STDERR = 400;

/** A token that the command printed. */
interface CommandToken extends Supplied {
  /** When it was printed, on the monotonic clock, ms. */
  readonly at: number;
}

/**
 * Returns the token of a command as the credential of a session. The command runs at the first request and when its
 * refresh interval is over; requests at the same time share one run. Where a run fails, an older token stays in use,
 * and the server decides.
 */
export function commandCredential(
  auth: CommandAuth,
  world: Pick<World, "monotonic" | "sleep">,
): ActiveCredential {
  const { command, refreshIntervalMs } = auth;
  const runOnce = singleFlight((signal) => tokenOf(auth, world, signal));
  return suppliedCredential<CommandToken>({
    mode: "apikey",
    source: { kind: "command", name: command },
    current: async (held, signal) => {
      if (held === undefined) return await runOnce(signal);
      if (refreshIntervalMs === 0 || world.monotonic() - held.at < refreshIntervalMs) return held;
      return await handleFailure(runOnce(signal), () => {
        signal?.throwIfAborted();
        return held;
      });
    },
    renew: (_held, signal) => runOnce(signal),
  });
}

/**
 * Runs the command.
 *
 * @throws CulvertError `auth_missing`: `details.problem` is `timeout`, `not_started`, `exit_status`,
 *   `too_much_output`, `not_utf8` or `empty`; the signal's reason
 */
async function tokenOf(
  { args, command, cwd, timeoutMs: limitMs }: CommandAuth,
  world: Pick<World, "monotonic" | "sleep">,
  signal: AbortSignal,
): Promise<CommandToken> {
  const failure = (
    problem: string,
    what: string,
    details: Readonly<Record<string, DetailValue>> = {},
    cause?: unknown,
  ) =>
    new CulvertError(
      "auth_missing",
      `Cannot get a token from the command "${command}" of the provider: ${what}`,
      {
        hint:
          "Run the command yourself: it must print the bearer token, and nothing else, on standard output.",
        details: { command, problem, ...details },
        cause,
      },
    );
  const end = await runProgram({ command: programPath(command, cwd), args, cwd, limitMs, signal }, world);
  if (end.kind !== "ended") {
    const problem = end.kind === "not_found" ? "not_started" : end.kind;
    const details: Record<string, DetailValue> = end.kind === "timeout" ? { timeout_ms: limitMs } : {};
    const cause = "cause" in end ? end.cause : undefined;
    throw failure(problem, `it ${describeFailure(end, limitMs)}`, details, cause);
  }
  if (end.code !== 0 || end.signal !== null) {
    const said = new TextDecoder().decode(end.stderr).trim().slice(0, MAX_STDERR);
    const status = end.signal ?? end.code;
    throw failure("exit_status", `it ended with ${status}${said === "" ? "" : `: ${said}`}`, { status });
  }
  let token: string;
  try {
    token = new TextDecoder("utf-8", { fatal: true }).decode(end.stdout).trim();
  } catch (cause) {
    throw failure("not_utf8", "it printed something that is not UTF-8", {}, cause);
  }
  if (token === "") throw failure("empty", "it printed nothing");
  return { mode: "apikey", headers: bearerHeaders(token), at: world.monotonic() };
}
