/**
 * What the configuration demands of a login: `forced_login_method` and `forced_chatgpt_workspace_id` of
 * `config.toml`. Decided from what is at hand, before any request.
 *
 * @module
 */
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import { idClaims } from "../auth_record.ts";
import type { Credential } from "../credential.ts";
import { readPayload } from "../jwt_claims.ts";

/** The kinds of login that `forced_login_method` tells apart. */
export type LoginMethod = NonNullable<LoginPolicy["method"]>;

/** The demand that a way to sign in breaks, as it stands in the file; `undefined` where it breaks none. */
export function methodObjection(policy: LoginPolicy | undefined, method: LoginMethod): string | undefined {
  if (policy?.method === undefined || policy.method === method) return undefined;
  return `forced_login_method = "${policy.method}"`;
}

/**
 * The demand that a credential breaks. The account of a personal access token is not known yet; it comes before
 * {@link accountObjection} when it is.
 */
export function objection(policy: LoginPolicy | undefined, credential: Credential): string | undefined {
  switch (credential.kind) {
    case "none":
    case "command":
      return undefined;
    case "bearer":
      return methodObjection(policy, "api");
    case "personal_access_token":
      return methodObjection(policy, "chatgpt");
    case "agent_identity":
    case "managed":
      return methodObjection(policy, "chatgpt") ?? accountObjection(policy, accountsOf(credential));
  }
}

/**
 * The demand that accounts break: each that is named must be allowed, and one must be named.
 *
 * @param accounts the ids that a credential names for itself
 */
export function accountObjection(
  policy: Pick<LoginPolicy, "workspaces"> | undefined,
  accounts: readonly (string | undefined)[],
): string | undefined {
  if (policy?.workspaces === undefined) return undefined;
  const { workspaces } = policy;
  const named = accounts.filter((id) => id !== undefined && id !== "");
  if (named.length > 0 && named.every((id) => workspaces.some((allowed) => allowed === id))) return undefined;
  return "forced_chatgpt_workspace_id";
}

/**
 * The error for a credential that the configuration does not allow.
 *
 * @param what completes "Cannot use …"
 * @param demand from the functions above
 */
export function forbidden(what: string, demand: string, source: string): CulvertError {
  return new CulvertError(
    "auth_missing",
    `Cannot use ${what}, because ${demand} in config.toml does not allow it`,
    {
      hint: demand.includes('"api"')
        ? "Sign in with an API key: culvert auth login --api-key < key.txt"
        : "Sign in with an account that is allowed: culvert auth login",
      details: { problem: LOGIN_POLICY, permanent: true, demand, source },
    },
  );
}

/** `details.problem` of {@link forbidden}. */
export const LOGIN_POLICY = "login_policy";

function accountsOf(
  credential: Extract<Credential, { kind: "agent_identity" | "managed" }>,
): readonly (string | undefined)[] {
  if (credential.kind === "managed") {
    const { record } = credential;
    return [record.tokens?.accountId, idClaims(record)?.accountId];
  }
  const { identity } = credential;
  const claims = typeof identity === "string" ? readPayload(identity) : identity;
  const account = claims?.["account_id"];
  return typeof account === "string" ? [account] : [];
}
