/**
 * Makes the authenticator of a session out of settings, environment and stored login.
 *
 * @module
 */
import {
  assembleAuthenticator,
  type AuthenticatorOptions,
  type SessionAuthenticator,
} from "./assemble_authenticator.ts";

export type { AuthenticatorOptions, SessionAuthenticator };

/** Makes an authenticator. The credential is looked up at the first request, once. */
export function createAuthenticator(options: AuthenticatorOptions): SessionAuthenticator {
  return assembleAuthenticator(options, {
    agentIdentity: () => import("./agent_identity.ts"),
    agentLogin: () => import("./agent_login.ts"),
    authFile: () => import("./auth_file.ts"),
    commandBearer: () => import("./command_bearer.ts"),
    configuredStore: () => import("./configured_store.ts"),
    forbiddenLogin: () => import("./forbidden_login.ts"),
    managedLogin: () => import("./managed_login.ts"),
    personalAccessToken: () => import("./personal_access_token.ts"),
  });
}
