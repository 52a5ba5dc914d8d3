/**
 * A bearer token that a configured command prints (`[model_providers.*.auth]` of the codex client).
 *
 * @module
 */
import { singleFlight } from "../../async/single_flight.ts";
import type { CommandAuth } from "../../config/provider.ts";
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import { bearerHeaders } from "../auth_headers.ts";
import type { CredentialSource } from "../authenticator.ts";
import { describeFailure, type ProgramEnd, programPath, runProgram } from "../../world/child_program.ts";
import type { ActiveCredential } from "../recovery/active_credential.ts";

/** How much of the command's standard error is shown, characters. */
const MAX_STDERR = 400;

/** The token of a command, kept until its refresh interval is over. The command runs at the first request. */
export class CommandCredential implements ActiveCredential {
  readonly mode = "apikey";
  readonly source: CredentialSource;
  readonly renewal: ActiveCredential["renewal"];
  readonly #auth: CommandAuth;
  readonly #world: Pick<World, "monotonic" | "sleep">;
  readonly #runOnce = singleFlight((signal) => this.#run(signal));
  #token: { readonly text: string; readonly at: number } | undefined;

  constructor(auth: CommandAuth, world: Pick<World, "monotonic" | "sleep">) {
    this.source = { kind: "command", name: auth.command };
    this.renewal = { mode: "external", renew: async (signal) => bearerHeaders(await this.renew(signal)) };
    this.#auth = auth;
    this.#world = world;
  }

  /** Returns the headers of one request. @throws as {@link current} */
  readonly authorize = async (signal?: AbortSignal) => ({
    headers: bearerHeaders(await this.current(signal)),
  });

  /**
   * Returns the token, from memory while it is fresh. Calls at the same time share one run. Where a run fails, an
   * older token stays in use, and the server decides.
   *
   * @throws CulvertError `auth_missing` where there is no token at all; the signal's reason
   */
  async current(signal?: AbortSignal): Promise<string> {
    const { refreshIntervalMs } = this.#auth;
    const held = this.#token;
    if (held === undefined) return await this.renew(signal);
    if (refreshIntervalMs === 0 || this.#world.monotonic() - held.at < refreshIntervalMs) return held.text;
    try {
      return await this.renew(signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CulvertError) return held.text;
      throw error;
    }
  }

  /**
   * Runs the command. It is killed when no caller waits for it any more.
   *
   * @throws CulvertError `auth_missing`: `details.problem` is `timeout`, `not_started`, `exit_status`,
   *   `too_much_output`, `not_utf8` or `empty`; the signal's reason
   */
  async renew(signal?: AbortSignal): Promise<string> {
    return await this.#runOnce(signal);
  }

  async #run(signal: AbortSignal): Promise<string> {
    const { command, args, cwd, timeoutMs: limitMs } = this.#auth;
    const path = programPath(command, cwd);
    const end = await runProgram({ command: path, args, cwd, limitMs, signal }, this.#world);
    const answer = tokenIn(end, limitMs);
    if ("token" in answer) {
      this.#token = { text: answer.token, at: this.#world.monotonic() };
      return answer.token;
    }
    const { what, cause, ...details } = answer;
    throw new CulvertError(
      "auth_missing",
      `Cannot get a token from the command "${command}" of the provider: ${what}`,
      {
        hint:
          "Run the command yourself: it must print the bearer token, and nothing else, on standard output.",
        details: { command, ...details },
        ...(cause === undefined ? {} : { cause }),
      },
    );
  }
}

/** Why a command gave no token. Members beside `what` and `cause` become details of the error. */
interface CommandProblem {
  readonly problem: string;
  /** Completes the message. */
  readonly what: string;
  readonly cause?: unknown;
  readonly timeout_ms?: number;
  readonly status?: string | number;
}

/** Returns the token that a command printed. */
function tokenIn(end: ProgramEnd, limitMs: number): { readonly token: string } | CommandProblem {
  if (end.kind !== "ended") {
    return {
      problem: end.kind === "not_found" ? "not_started" : end.kind,
      what: `it ${describeFailure(end, limitMs)}`,
      ...("cause" in end ? { cause: end.cause } : {}),
      ...(end.kind === "timeout" ? { timeout_ms: limitMs } : {}),
    };
  }
  if (end.code !== 0 || end.signal !== null) {
    const said = new TextDecoder().decode(end.stderr).trim().slice(0, MAX_STDERR);
    const status = end.signal ?? end.code;
    return {
      problem: "exit_status",
      what: `it ended with ${status}${said === "" ? "" : `: ${said}`}`,
      status,
    };
  }
  try {
    const token = new TextDecoder("utf-8", { fatal: true }).decode(end.stdout).trim();
    return token === "" ? { problem: "empty", what: "it printed nothing" } : { token };
  } catch (cause) {
    return { problem: "not_utf8", what: "it printed something that is not UTF-8", cause };
  }
}
