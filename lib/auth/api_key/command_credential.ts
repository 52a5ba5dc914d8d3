/**
 * A bearer token that a configured command prints (`[model_providers.*.auth]` of the codex client).
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import { singleFlight } from "../../async/single_flight.ts";
import type { CommandAuth } from "../../config/provider.ts";
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import { bearerHeaders } from "../auth_headers.ts";
import type { CredentialSource } from "../authenticator.ts";
import { type ProgramEnd, runProgram } from "../../world/child_program.ts";
import type { ActiveCredential } from "../recovery/active_credential.ts";

/** How much of the command's standard error is shown, characters. */
const MAX_STDERR = 400;

/** Returns the credential. The command runs at the first request. */
export function commandCredential(
  auth: CommandAuth,
  source: CredentialSource,
  world: Pick<World, "monotonic" | "sleep">,
): ActiveCredential {
  const command = new CommandBearer(auth, world);
  return {
    mode: "apikey",
    source,
    renewal: { mode: "external", renew: async (signal) => bearerHeaders(await command.renew(signal)) },
    authorize: async (signal) => ({
      mode: "apikey",
      source,
      headers: bearerHeaders(await command.current(signal)),
    }),
    presentHeaders: () => undefined,
    facts: () => ({ mode: "apikey", source }),
  };
}

/** The token of a command, kept until its refresh interval is over. */
export class CommandBearer {
  readonly #auth: CommandAuth;
  readonly #world: Pick<World, "monotonic" | "sleep">;
  readonly #runOnce = singleFlight((signal) => this.#run(signal));
  #token: { readonly text: string; readonly at: number } | undefined;

  constructor(auth: CommandAuth, world: Pick<World, "monotonic" | "sleep">) {
    this.#auth = auth;
    this.#world = world;
  }

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
   * Runs the command. It is killed when nobody waits for it any more.
   *
   * @throws CulvertError `auth_missing`: `details.problem` is `timeout`, `not_started`, `exit_status`,
   *   `too_much_output`, `not_utf8` or `empty`; the signal's reason
   */
  async renew(signal?: AbortSignal): Promise<string> {
    return await this.#runOnce(signal);
  }

  async #run(signal: AbortSignal): Promise<string> {
    const { command, args, cwd, timeoutMs: limitMs } = this.#auth;
    const isBareName = !/[/\\]/.test(command);
    const path = isAbsolute(command) || isBareName ? command : resolve(cwd, command);
    const text = this.#textOf(await runProgram({ command: path, args, cwd, limitMs, signal }, this.#world));
    this.#token = { text, at: this.#world.monotonic() };
    return text;
  }

  #textOf(end: ProgramEnd): string {
    switch (end.kind) {
      case "not_found":
      case "not_started": {
        const why = end.kind === "not_found" ? "it was not found" : "it could not be started";
        throw this.#failure("not_started", why, {}, end.cause);
      }
      case "timeout": {
        const { timeoutMs } = this.#auth;
        throw this.#failure("timeout", `it did not finish within ${timeoutMs} ms`, { timeout_ms: timeoutMs });
      }
      case "too_much_output":
        throw this.#failure("too_much_output", "it printed more than 1 MiB");
    }
    if (end.code !== 0 || end.signal !== null) {
      const said = new TextDecoder().decode(end.stderr).trim().slice(0, MAX_STDERR);
      const status = end.signal ?? end.code;
      throw this.#failure("exit_status", `it ended with ${status}${said === "" ? "" : `: ${said}`}`, {
        status,
      });
    }
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(end.stdout).trim();
    } catch (cause) {
      throw this.#failure("not_utf8", "it printed something that is not UTF-8", {}, cause);
    }
    if (text === "") throw this.#failure("empty", "it printed nothing");
    return text;
  }

  #failure(
    problem: string,
    text: string,
    details: Readonly<Record<string, DetailValue>> = {},
    cause?: unknown,
  ): CulvertError {
    const { command } = this.#auth;
    const message = `Cannot get a token from the command "${command}" of the provider: ${text}`;
    return new CulvertError("auth_missing", message, {
      hint: "Run the command yourself: it must print the bearer token, and nothing else, on standard output.",
      details: { command, problem, ...details },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
