/**
 * A bearer token that a configured command prints (`[model_providers.*.auth]` of the codex client).
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import type { CommandAuth } from "../../config/provider.ts";
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/** How much of the command's stderr is shown, characters. */
const MAX_STDERR = 400;

/** The token of one command, kept until its interval is over. */
export class CommandBearer {
  readonly #auth: CommandAuth;
  readonly #world: Pick<World, "monotonic" | "sleep">;
  #token: { readonly text: string; readonly at: number } | undefined;
  #running: Promise<string> | undefined;

  /** @param world for the clock and the time limit */
  constructor(auth: CommandAuth, world: Pick<World, "monotonic" | "sleep">) {
    this.#auth = auth;
    this.#world = world;
  }

  /**
   * The token, from memory while it is fresh. Calls at the same time share one run. A run that fails while there
   * is an older token leaves that one in use; the server has the last word on it.
   *
   * @throws CulvertError `auth_missing` when the command gives no token and there is no older one
   */
  async current(): Promise<string> {
    const { refreshIntervalMs } = this.#auth;
    const held = this.#token;
    if (held === undefined) return await this.renew();
    const isFresh = refreshIntervalMs === 0 || this.#world.monotonic() - held.at < refreshIntervalMs;
    if (isFresh) return held.text;
    try {
      return await this.renew();
    } catch (error) {
      if (error instanceof CulvertError) return held.text;
      throw error;
    }
  }

  /**
   * Runs the command whatever is in memory.
   *
   * @throws CulvertError `auth_missing`: `details.problem` is `timeout`, `not_started`, `exit_status`, `not_utf8`
   *   or `empty`
   */
  async renew(): Promise<string> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return await this.#running;
  }

  async #run(): Promise<string> {
    const child = this.#start();
    const stopTimer = new AbortController();
    const timeout = this.#world.sleep(this.#auth.timeoutMs, stopTimer.signal).then(() => "timeout" as const);
    // The race may be over when the timer is called off.
    timeout.catch(() => {});
    const output = child.output();
    const first = await Promise.race([output, timeout]);
    stopTimer.abort();
    if (first === "timeout") {
      // Its children may hold the pipes open; nothing of them is waited for.
      output.catch(() => {});
      child.kill("SIGKILL");
      throw this.#failure("timeout", `it did not finish within ${this.#auth.timeoutMs} ms`, {
        timeout_ms: this.#auth.timeoutMs,
      });
    }
    if (!first.success) {
      const said = new TextDecoder().decode(first.stderr).trim().slice(0, MAX_STDERR);
      const status = first.signal ?? first.code;
      throw this.#failure("exit_status", `it ended with ${status}${said === "" ? "" : `: ${said}`}`, {
        status,
      });
    }
    const text = this.#textOf(first.stdout);
    this.#token = { text, at: this.#world.monotonic() };
    return text;
  }

  #start(): Deno.ChildProcess {
    const { command, args, cwd } = this.#auth;
    const isBareName = !/[/\\]/.test(command);
    const path = isAbsolute(command) || isBareName ? command : resolve(cwd, command);
    try {
      return new Deno.Command(path, { args: [...args], cwd, stdin: "null", stdout: "piped", stderr: "piped" })
        .spawn();
    } catch (cause) {
      const why = cause instanceof Deno.errors.NotFound ? "it was not found" : "it could not be started";
      throw this.#failure("not_started", why, {}, cause);
    }
  }

  #textOf(bytes: Uint8Array): string {
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
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
    return new CulvertError(
      "auth_missing",
      `Cannot get a token from the command "${this.#auth.command}" of the provider: ${text}`,
      {
        hint: "Run the command yourself: it must print the bearer token, and nothing else, on stdout.",
        details: { command: this.#auth.command, problem, ...details },
        ...(cause === undefined ? {} : { cause }),
      },
    );
  }
}
