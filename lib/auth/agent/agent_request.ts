/**
 * Requests about agents: retried, and with one kind of error.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { HttpRequest } from "../../net/dialer/dialer.ts";
import { withRetries } from "../../net/dialer/retry.ts";
import { type Authority, exchange, isSuccess, mayPass, RETRIES } from "../chatgpt/auth_exchange.ts";

/**
 * Returns the error for an agent identity that cannot be used.
 *
 * @param problem completes "Cannot use the agent identity: …"
 */
export function identityFailure(problem: string, status?: number): CulvertError {
  return new CulvertError("auth_rejected", `Cannot use the agent identity: ${problem}`, {
    hint: "Request a new identity from the server that issued this one.",
    details: status === undefined ? {} : { status },
  });
}

/**
 * Returns the error for a ChatGPT login that gets no agent.
 *
 * @param problem completes "Cannot register an agent for the ChatGPT login: …"
 * @param cause the refusal
 */
export function agentFailure(problem: string, cause?: CulvertError): CulvertError {
  return new CulvertError("auth_rejected", `Cannot register an agent for the ChatGPT login: ${problem}`, {
    hint: "Ask the administrator of the workspace whether it allows agents, sign in again, or remove " +
      "use_agent_identity from config.toml.",
    ...(cause && { details: { ...cause.details, reason: "agent_refused", permanent: true }, cause }),
  });
}

/** Turns a refusal into the error of the login that needs the agent; returns other errors unchanged. */
export function asAgentFailure(error: CulvertError): CulvertError {
  return error.code === "auth_rejected" ? agentFailure(problemOf(error), error) : error;
}

/** Returns the message of an error without the attempt. */
export function problemOf(error: CulvertError): string {
  return error.message.replace(/^Cannot (use|register) [^:]+: /, "");
}

/**
 * Sends a request, at most three times while the failures are transient.
 *
 * @param limitMs for each attempt, ms
 * @returns the body of a reply of status 2xx
 * @throws CulvertError `auth_rejected` for other statuses, network codes; the signal's reason
 */
export async function requestWithRetry(
  authority: Authority,
  request: HttpRequest,
  limitMs: number,
  signal?: AbortSignal,
): Promise<string> {
  const bound = signal === undefined ? request : { ...request, signal };
  const reply = await withRetries(() => exchange(authority, bound, limitMs), {
    ...RETRIES,
    world: authority.world,
    signal,
    shouldRetry: mayPass,
  });
  if (isSuccess(reply)) return reply.text;
  throw identityFailure(`${request.url.host} answered ${reply.status}`, reply.status);
}
