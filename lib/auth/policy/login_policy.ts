/**
 * Restrictions of the configuration on logins: `forced_login_method` and `forced_chatgpt_workspace_id` of
 * `config.toml`. They are checked before any request.
 *
 * @module
 */
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import { idClaims } from "../auth_record.ts";
import type { Credential } from "../credential.ts";
import { textMember } from "../../text/json.ts";
import { readPayload } from "../jwt_claims.ts";

/** `details.problem` of {@link forbidden}. */
export const LOGIN_POLICY = "login_policy";

/** Returns the setting that forbids a login method; `undefined` where it is allowed. */
export function methodObjection(
  policy: LoginPolicy | undefined,
  method: NonNullable<LoginPolicy["method"]>,
): string | undefined {
  if (policy?.method === undefined || policy.method === method) return undefined;
  return `forced_login_method = "${policy.method}"`;
}

/**
 * Returns the setting that forbids a credential; `undefined` where it is allowed. The account of a personal access
 * token is not known before a request: see {@link accountObjection}.
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
 * Returns the setting that forbids the accounts of a credential: it must name one, and each must be allowed.
 *
 * @param accounts the ids in the credential
 */
export function accountObjection(
  policy: Pick<LoginPolicy, "workspaces"> | undefined,
  accounts: readonly (string | undefined)[],
): string | undefined {
  if (policy?.workspaces === undefined) return undefined;
  const { workspaces } = policy;
  const named = accounts.filter((id) => id !== undefined && id !== "");
  const isAllowed = named.length > 0 && named.every((id) => workspaces.some((allowed) => allowed === id));
  return isAllowed ? undefined : "forced_chatgpt_workspace_id";
}

/**
 * Returns the error for a credential that the configuration forbids.
 *
 * @param what completes "Cannot use …"
 * @param setting from the functions above
 */
export function forbidden(what: string, setting: string, source: string): CulvertError {
  return new CulvertError(
    "auth_missing",
    `Cannot use ${what}, because ${setting} in config.toml does not allow it`,
    {
      hint: setting.includes('"api"')
        ? "Sign in with an API key: culvert auth login --api-key < key.txt"
        : "Sign in with an account that is allowed: culvert auth login",
      details: { problem: LOGIN_POLICY, permanent: true, demand: setting, source },
    },
  );
}

function accountsOf(
  credential: Extract<Credential, { kind: "agent_identity" | "managed" }>,
): readonly (string | undefined)[] {
  if (credential.kind === "managed") {
    const { record } = credential;
    return [record.tokens?.accountId, idClaims(record)?.accountId];
  }
  const { identity } = credential;
  const claims = typeof identity === "string" ? readPayload(identity) : identity;
  return [textMember(claims, "account_id")];
}
