/**
 * How an agent identity fails.
 *
 * @module
 */
import { CulvertError, type CulvertErrorOptions } from "../../errors.ts";

/**
 * The error for an identity that does not hold.
 *
 * @param problem completes "Cannot use the agent identity: …"
 */
export function identityFailure(problem: string, status?: number): CulvertError {
  return new CulvertError("auth_rejected", `Cannot use the agent identity: ${problem}`, {
    hint: "Ask whoever issued it for a new one.",
    details: status === undefined ? {} : { status },
  });
}

/**
 * The error for a ChatGPT login that gets no agent to sign for it.
 *
 * @param problem completes "Cannot register an agent for the ChatGPT login: …"
 */
export function agentFailure(problem: string, options: Omit<CulvertErrorOptions, "hint"> = {}): CulvertError {
  return new CulvertError("auth_rejected", `Cannot register an agent for the ChatGPT login: ${problem}`, {
    hint: "Ask the administrator of the workspace whether it allows agents, sign in again, " +
      "or take use_agent_identity out of config.toml.",
    ...options,
  });
}
