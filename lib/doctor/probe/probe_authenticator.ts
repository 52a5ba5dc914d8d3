/**
 * The authenticator of the doctor's requests: it returns the headers of a turn and renews nothing.
 *
 * @module
 */
import type { Authenticator, AuthMode } from "../../auth/authenticator.ts";
import { CulvertError } from "../../errors.ts";
import type { ProbeAuthorization } from "./authorization.ts";

/** Parameters of {@link probeAuthenticator}. */
export interface ProbeAuthenticatorParts {
  /** Returns the authorization of an endpoint. @throws CulvertError `auth_*` */
  readonly authorization: (endpoint: string, signal?: AbortSignal) => Promise<ProbeAuthorization>;
  /** Returns how requests authenticate; it decides the default base URL. */
  readonly mode: () => Promise<AuthMode>;
}

/**
 * Builds the authenticator. Without a credential a request is sent without one, which still shows whether the
 * server answers; the checks of the credential report why there is none.
 */
export function probeAuthenticator({ authorization, mode }: ProbeAuthenticatorParts): Authenticator {
  return {
    authorize: async (signal, endpoint = "/responses") => {
      try {
        const found = await authorization(endpoint, signal);
        if (found.kind === "headers") return found.authorization;
      } catch (error) {
        if (!(error instanceof CulvertError)) throw error;
      }
      return { mode: await mode(), source: { kind: "none", name: "none" }, headers: {} };
    },
    startTurn: () => ({
      recover: ({ endpoint }) =>
        Promise.resolve({
          resend: false,
          outcome: "recovery_not_run",
          reason: "the doctor renews no credential",
          error: new CulvertError("auth_rejected", `The server rejects the credential at ${endpoint} (401)`, {
            hint: "Check which credential is used with culvert auth status.",
          }),
        }),
    }),
  };
}
