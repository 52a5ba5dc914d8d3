/**
 * A ChatGPT login as the credential of a session.
 *
 * @module
 */
import { accountFacts, bearerHeaders } from "../auth_headers.ts";
import type { CredentialSource } from "../authenticator.ts";
import { defined } from "../json.ts";
import { readClaims } from "../jwt_claims.ts";
import type { ActiveCredential, Renewal } from "../recovery/active_credential.ts";
import { ManagedLogin, type ManagedLoginOptions } from "./managed_login.ts";

/** A ChatGPT login in use. */
export interface ManagedCredential extends ActiveCredential {
  readonly renewal: Extract<Renewal, { mode: "managed" }>;
  readonly login: ManagedLogin;
}

/** Returns the credential. Sends no request. */
export function managedCredential(source: CredentialSource, options: ManagedLoginOptions): ManagedCredential {
  const login = new ManagedLogin(options);
  const token = () => login.record.tokens?.accessToken ?? "";
  const present = () => bearerHeaders(token(), accountFacts(login.record));
  return {
    mode: "chatgpt",
    source,
    login,
    renewal: { mode: "managed", login },
    authorize: async (signal) => {
      await login.current(signal);
      return { mode: "chatgpt", source, headers: present() };
    },
    presentHeaders: present,
    facts: () => {
      const { issuedAt, expiresAt } = readClaims(token()) ?? {};
      return {
        mode: "chatgpt",
        source,
        ...defined({ issuedAt, expiresAt }),
      };
    },
  };
}
