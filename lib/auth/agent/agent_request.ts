/**
 * Requests about agents: retried, and with one kind of error.
 *
 * @module
 */
import { CulvertError, type CulvertErrorOptions } from "../../errors.ts";
import type { Dialer, HttpRequest } from "../../net/dialer/dialer.ts";
import { isTransient } from "../../net/dialer/retry.ts";
import type { World } from "../../world/world.ts";
import { exchange, isSuccess } from "../chatgpt/auth_exchange.ts";

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 250;

/** What a request works with. */
export interface RequestParts {
  readonly dialer: Dialer;
  readonly world: World;
}

/**
 * Returns the error for an agent identity that cannot be used.
 *
 * @param problem completes "Cannot use the agent identity: …"
 */
export function identityFailure(problem: string, status?: number): CulvertError {
  return new CulvertError("auth_rejected", `Cannot use the agent identity: ${problem}`, {
    hint: "Ask for a new one where this one was issued.",
    details: status === undefined ? {} : { status },
  });
}

/**
 * Returns the error for a ChatGPT login that gets no agent.
 *
 * @param problem completes "Cannot register an agent for the ChatGPT login: …"
 */
export function agentFailure(problem: string, options: Omit<CulvertErrorOptions, "hint"> = {}): CulvertError {
  return new CulvertError("auth_rejected", `Cannot register an agent for the ChatGPT login: ${problem}`, {
    hint: "Ask the administrator of the workspace whether it allows agents, sign in again, or remove " +
      "use_agent_identity from config.toml.",
    ...options,
  });
}

/** Turns a refusal into the error of the login that needs the agent; returns other errors unchanged. */
export function asAgentFailure(error: CulvertError): CulvertError {
  if (error.code !== "auth_rejected") return error;
  return agentFailure(problemOf(error), {
    details: { ...error.details, reason: "agent_refused", permanent: true },
    cause: error,
  });
}

/** Returns the message of an error without the attempt. */
export function problemOf(error: CulvertError): string {
  return error.message.replace(/^Cannot (use|register) [^:]+: /, "");
}

/** Tells whether a failed request may succeed later: 429, 5xx, and failures of the network. */
export function isTransientFailure(failure: CulvertError): boolean {
  const { status } = failure.details;
  if (typeof status === "number") return status === 429 || status >= 500;
  return isTransient({ kind: "error", error: failure });
}

/**
 * Sends a request, at most three times while the failures are transient.
 *
 * @param limitMs for each attempt, ms
 * @returns the body of a reply of status 2xx
 * @throws CulvertError `auth_rejected` for other statuses, network codes; the signal's reason
 */
export async function requestWithRetry(
  { dialer, world }: RequestParts,
  request: HttpRequest,
  limitMs: number,
  signal?: AbortSignal,
): Promise<string> {
  for (let attempt = 1;; attempt++) {
    let failure: CulvertError;
    try {
      const bound = signal === undefined ? request : { ...request, signal };
      const reply = await exchange(dialer, bound, limitMs);
      if (isSuccess(reply)) return reply.text;
      failure = identityFailure(`${request.url.host} answered ${reply.status}`, reply.status);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof CulvertError)) throw error;
      failure = error;
    }
    if (attempt === ATTEMPTS || !isTransientFailure(failure)) throw failure;
    await world.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.9 + 0.2 * world.random()), signal);
  }
}
