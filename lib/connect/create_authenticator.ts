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
    agentIdentity: () => import("../auth/agent/agent_identity.ts"),
    agentLogin: () => import("../auth/agent/agent_login.ts"),
    authFile: () => import("../auth/store/auth_file.ts"),
    commandBearer: () => import("../auth/api_key/command_bearer.ts"),
    configuredStore: () => import("../auth/store/configured_store.ts"),
    forbiddenLogin: () => import("../auth/policy/forbidden_login.ts"),
    managedLogin: () => import("../auth/chatgpt/managed_login.ts"),
    personalAccessToken: () => import("../auth/api_key/personal_access_token.ts"),
  });
}
