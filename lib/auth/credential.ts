/**
 * The credential in use, and the names of the variables that may hold one.
 *
 * @module
 */
import type { CommandAuth } from "../config/provider.ts";
import { CulvertError } from "../errors.ts";
import type { AuthRecord } from "./auth_record.ts";
import type { AuthMode, CredentialSource } from "./authenticator.ts";

/** A credential and where it was found. Secret. */
export type Credential =
  | { readonly kind: "bearer"; readonly token: string; readonly source: CredentialSource }
  | { readonly kind: "command"; readonly auth: CommandAuth; readonly source: CredentialSource }
  | { readonly kind: "personal_access_token"; readonly token: string; readonly source: CredentialSource }
  | {
    readonly kind: "agent_identity";
    /** A JWT, or the record of a registered agent. */
    readonly identity: string | Readonly<Record<string, unknown>>;
    readonly source: CredentialSource;
  }
  | { readonly kind: "managed"; readonly record: AuthRecord; readonly source: CredentialSource }
  | { readonly kind: "none"; readonly source: CredentialSource };

/** The mode in which requests carry each kind of credential. */
export const MODES: Readonly<Record<Credential["kind"], AuthMode>> = {
  none: "none",
  bearer: "apikey",
  command: "apikey",
  personal_access_token: "personalAccessToken",
  agent_identity: "agentIdentity",
  managed: "chatgpt",
};

/** Variables that hold an API key; the first that is set counts. */
export const API_KEY_VARIABLES = ["CULVERT_API_KEY", "CODEX_API_KEY", "OPENAI_API_KEY"] as const;
/** The variable that holds a personal access token or the JWT of an agent identity. */
export const ACCESS_TOKEN_VARIABLE = "CODEX_ACCESS_TOKEN";
/** Prefix of personal access tokens; any other access token is an agent identity. */
export const PERSONAL_TOKEN_PREFIX = "at-";

/**
 * Trims a token and checks that it can be sent in a header.
 *
 * @param text the token, with or without blanks around it
 * @param sourceName stands in the message
 * @throws CulvertError `auth_missing` for an empty value and for characters other than visible ASCII
 */
export function headerValue(text: string, sourceName: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const problem = token === ""
    ? "it is empty"
    : "it contains spaces, line breaks or other characters that are not allowed in a token";
  throw new CulvertError("auth_missing", `Cannot use the credential from ${sourceName}, because ${problem}`, {
    hint: "Give only the token, without quotes, labels or further lines.",
    details: { source: sourceName },
  });
}
