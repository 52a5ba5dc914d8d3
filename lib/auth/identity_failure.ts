/**
 * How an agent identity fails.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";

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
