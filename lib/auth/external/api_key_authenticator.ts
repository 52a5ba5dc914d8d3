/**
 * The credential of a program that has its key at hand.
 *
 * @module
 */
import type { Authenticator, Authorization } from "../authenticator.ts";
import { bearerHeaders } from "../auth_headers.ts";
import { headerValue } from "../credential.ts";
import { callExternal, ExternalTimeout } from "./external_call.ts";
import { describeRejection } from "../recovery/rejection_report.ts";
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/**
 * Gives the key, whenever a request is about to be sent. Called once more after a 401: where it then gives
 * another key, the request is sent again, once a turn. It has 10 s; the signal is aborted when nobody waits any more.
 */
export type ApiKeyFunction = (signal: AbortSignal) => string | Promise<string>;

const SOURCE = { kind: "flag", name: "the apiKey option" } as const;

/** Sends the program's own key. A 401 for a key that stays the same stands. */
export function apiKeyAuthenticator(
  key: string | ApiKeyFunction,
  world: Pick<World, "sleep">,
): Authenticator {
  // What recovery was given is what the next request carries: a key may be made for one use.
  let given: Authorization | undefined;
  const ask = async (signal: AbortSignal | undefined): Promise<Authorization> => {
    const token = headerValue(typeof key === "string" ? key : await call(key, world, signal), SOURCE.name);
    return { mode: "apikey", source: SOURCE, headers: bearerHeaders(token) };
  };
  return {
    authorize: async (signal) => {
      // Taken before anything is waited for: another turn may be given one meanwhile.
      const kept = given;
      given = undefined;
      return kept ?? await ask(signal);
    },
    startTurn: () => {
      let mayAsk = typeof key !== "string";
      return {
        recover: async (rejection, signal) => {
          const wasAsked = mayAsk;
          mayAsk = false;
          if (wasAsked) {
            const fresh = await ask(signal);
            if (fresh.headers["authorization"] !== rejection.sent?.headers["authorization"]) {
              given = fresh;
              return { resend: true, phase: "api_key_function" };
            }
          }
          const outcome = "recovery_not_run";
          const reason = wasAsked ? "same_credential" : "not_refreshable_auth";
          const account = { mode: "none", phase: "none", outcome, reason } as const;
          const error = describeRejection(rejection, { mode: "apikey", source: SOURCE }, account);
          return { resend: false, outcome, reason, error };
        },
      };
    },
  };
}

async function call(
  key: ApiKeyFunction,
  world: Pick<World, "sleep">,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await callExternal(key, world, signal);
  } catch (cause) {
    if (signal?.aborted === true) throw signal.reason;
    if (cause instanceof CulvertError) throw cause;
    if (cause instanceof ExternalTimeout) {
      throw new CulvertError("auth_missing", `The function given as \`apiKey\` failed: ${cause.message}`, {
        hint: "Let it answer in time or fail. Its signal is aborted when the time is over.",
        details: { reason: "external_timeout" },
        cause,
      });
    }
    // Its message is not repeated: nobody knows what a stranger's error says of the key.
    throw new CulvertError("auth_missing", "The function given as `apiKey` failed", {
      hint: "The error's cause is what it threw.",
      cause,
    });
  }
}
