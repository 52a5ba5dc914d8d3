/**
 * The credential of a program that has its key at hand.
 *
 * @module
 */
import type { Authenticator } from "../auth/authenticator.ts";
import { describeRejection } from "../auth/rejection_report.ts";

/** Sends one key. There is no recovery for a key: a 401 stands. */
export function apiKeyAuthenticator(key: string): Authenticator {
  const credential = { mode: "apikey", source: { kind: "flag", name: "the apiKey option" } } as const;
  const outcome = "recovery_not_run";
  const reason = "not_refreshable_auth";
  return {
    authorize: () => Promise.resolve({ ...credential, headers: { authorization: `Bearer ${key}` } }),
    startTurn: () => ({
      recover: (rejection) =>
        Promise.resolve({
          resend: false,
          outcome,
          reason,
          error: describeRejection(rejection, credential, { mode: "none", phase: "none", outcome, reason }),
        }),
    }),
  };
}
