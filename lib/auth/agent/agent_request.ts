/**
 * Requests about agents: retried, and with one kind of error for each purpose.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { HttpRequest } from "../../net/dialer/dialer.ts";
import { withRetries } from "../../net/dialer/retry.ts";
import { defined } from "../../text/json.ts";
import { type Authority, exchange, isSuccess, mayPass, RETRIES } from "../chatgpt/auth_exchange.ts";

/**
 * Returns the error for an agent.
 *
 * @param problem completes the message
 * @param status of the refusal
 */
export type AgentFailure = (problem: string, status?: number) => CulvertError;

/** The authority, and the errors of the purpose that the agent has. */
export interface AgentAuthority extends Authority {
  readonly failure: AgentFailure;
}

/** The failure of an agent identity that the user supplied. */
export const identityFailure: AgentFailure = (problem, status) =>
  new CulvertError("auth_rejected", `Cannot use the agent identity: ${problem}`, {
    hint: "Request a new identity from the server that issued this one.",
    details: defined({ status }),
  });

/** The failure of a ChatGPT login that gets no agent. */
export const agentFailure: AgentFailure = (problem, status) =>
  new CulvertError("auth_rejected", `Cannot register an agent for the ChatGPT login: ${problem}`, {
    hint: "Ask the administrator of the workspace whether it allows agents, sign in again, or remove " +
      "use_agent_identity from config.toml.",
    details: { ...defined({ status }), reason: "agent_refused", permanent: true },
  });

/**
 * Sends a request, at most three times while the failures are transient.
 *
 * @param limitMs for each attempt, ms
 * @returns the body of a reply of status 2xx
 * @throws CulvertError `auth_rejected` for other statuses, network codes; the signal's reason
 */
export async function requestWithRetry(
  authority: AgentAuthority,
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
  throw authority.failure(`${request.url.host} answered ${reply.status}`, reply.status);
}
