/**
 * What the user is told when a 401 stands: in at most ten lines what was sent and from where, what the server
 * said, whether recovery ran and how it ended, the ids for support, and what to do next.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import { baseUrlClass, isBackendMode } from "../auth_headers.ts";
import type { AuthMode, CredentialSource, Rejection } from "../authenticator.ts";

/** How recovery went, for the report. */
export interface RecoveryAccount {
  readonly mode: "managed" | "external" | "none";
  readonly phase: string;
  readonly outcome: string;
  readonly reason: string;
  /** Why a step failed. */
  readonly failure?: CulvertError;
}

const MAX_MESSAGE = 300;
/** Shortest value of a header that is taken for a secret, characters. */
const MIN_SECRET = 8;
const NEXT = "Next:";

/**
 * Makes the final error of a 401. Its message and hint together have at most ten lines; the details hold the same
 * facts for machines.
 *
 * @param rejection the 401
 * @param credential what was in use, for a rejection that does not say what was sent
 * @param recovery how recovery went
 */
export function describeRejection(
  rejection: Rejection,
  credential: { readonly mode: AuthMode; readonly source: CredentialSource },
  recovery: RecoveryAccount,
): CulvertError {
  const { mode, source } = rejection.sent ?? credential;
  const isAttached = rejection.sent === undefined
    ? mode !== "none"
    : "authorization" in rejection.sent.headers;
  const said = saidByServer(rejection);
  const lines = [
    `Sent: ${
      mode === "headers"
        ? describeCredential(mode, source)
        : isAttached
        ? `an Authorization header, ${describeCredential(mode, source)}`
        : "no Authorization header"
    }`,
    ...(said === undefined ? [] : [`The server said: ${said}`]),
    `Recovery: ${describeRecovery(recovery)}`,
    ...describeIds(rejection),
    `${NEXT} ${nextStep(rejection, mode, source, isAttached, recovery)}`,
  ];
  const { evidence } = rejection;
  const details: Readonly<Record<string, DetailValue>> = {
    ...(recovery.failure?.details ?? {}),
    status: 401,
    endpoint: rejection.endpoint,
    transport: rejection.transport,
    ...(rejection.url === undefined ? {} : { host: rejection.url.host }),
    auth_mode: mode,
    auth_source: source.name,
    auth_header_attached: isAttached,
    recovery_mode: recovery.mode,
    recovery_phase: recovery.phase,
    recovery_outcome: recovery.outcome,
    recovery_reason: recovery.reason,
    request_id: evidence.requestId ?? null,
    cf_ray: evidence.cfRay ?? null,
    auth_error: evidence.authError ?? null,
    auth_error_code: evidence.authErrorCode ?? rejection.code ?? null,
  };
  const where = rejection.url === undefined ? "The server" : rejection.url.host;
  const code = recovery.failure === undefined ? "auth_rejected" : "auth_refresh_failed";
  const then = recovery.failure === undefined ? "" : `. ${recovery.failure.message}`;
  return new CulvertError(
    code,
    `${where} refused the credential with 401 on ${rejection.endpoint} (${rejection.transport})${then}`,
    {
      hint: lines.join("\n"),
      details,
      ...(recovery.failure === undefined ? {} : { cause: recovery.failure }),
    },
  );
}

/** A credential for people, without any part of it. */
export function describeCredential(mode: AuthMode, source: CredentialSource): string {
  return source.kind === "none" ? "no credential" : `${KINDS[mode]} from ${source.name}`;
}

/** Whether a 401 says that the credential is good but not good for this: no new token would change it. */
export function isMissingScope(rejection: Rejection): boolean {
  const code = rejection.evidence.authErrorCode ?? rejection.code;
  return /^(missing_scopes?|insufficient_scope|insufficient_permissions)$/i.test(code ?? "") ||
    /missing scopes?|insufficient permissions/i.test(rejection.message ?? "");
}

/** Whether a 401 says that the whole login is dead, and a new access token would be too. */
export function isRevoked(rejection: Rejection): boolean {
  const codes = [rejection.evidence.authErrorCode, rejection.code];
  return codes.some((code) =>
    /^(token_revoked|token_invalidated|session_revoked|account_deactivated)$/i.test(code ?? "")
  );
}

const KINDS: Readonly<Record<AuthMode, string>> = {
  apikey: "an API key",
  chatgpt: "a ChatGPT login",
  personalAccessToken: "a personal access token",
  agentIdentity: "an agent identity",
  headers: "configured headers",
  none: "no credential",
};

function saidByServer(rejection: Rejection): string | undefined {
  const { authError, authErrorCode } = rejection.evidence;
  const secrets = secretsIn(rejection.sent?.headers ?? {});
  const message = clean(rejection.message ?? "", secrets);
  const codes = [authErrorCode ?? rejection.code, authError]
    .filter((code): code is string => code !== undefined)
    .map((code) => clean(code, secrets));
  const parts = [
    ...(message === "" ? [] : [message]),
    ...(codes.length === 0 ? [] : [`(${codes.join(", ")})`]),
  ];
  return parts.length === 0 ? undefined : parts.join(" ");
}

/** Values that were sent. A header other than `Authorization` may hold a word, which says nothing. */
function secretsIn({ authorization = "", ...others }: Readonly<Record<string, string>>): readonly string[] {
  const words = Object.values(others).filter((value) => value.length >= MIN_SECRET);
  return [authorization.replace(/^\S+ /, ""), ...words].filter((value) => value !== "");
}

/** Servers quote what they were sent. Neither that, nor anything that looks like a token, is repeated. */
function clean(text: string, secrets: readonly string[]): string {
  const line = text.replace(/\s+/g, " ").trim();
  const without = secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), line);
  const redacted = without.replace(/\b(?:sk|at|rt|ey)[-_J][\w.*+/=-]{6,}/g, "***");
  return redacted.length > MAX_MESSAGE ? `${redacted.slice(0, MAX_MESSAGE)}…` : redacted;
}

function describeRecovery(recovery: RecoveryAccount): string {
  if (recovery.outcome === "recovery_not_run") {
    return recovery.reason === "recovery_exhausted"
      ? "ran, and the renewed credential was refused as well"
      : `not run (${NOT_RUN[recovery.reason] ?? recovery.reason})`;
  }
  const kind = recovery.outcome === "recovery_failed_transient" ? "failed for now" : "failed for good";
  return `${kind} at ${recovery.phase} (${recovery.reason})`;
}

const NOT_RUN: Readonly<Record<string, string>> = {
  not_chatgpt_auth: "a credential of this kind cannot be renewed",
  not_refreshable_auth: "a personal access token cannot be renewed",
  auth_manager_missing: "there is no credential to renew",
  missing_scope: "the credential is valid but not allowed to do this",
};

function describeIds(rejection: Rejection): readonly string[] {
  const { requestId, cfRay } = rejection.evidence;
  const ids = [
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
    ...(cfRay === undefined ? [] : [`cf-ray ${cfRay}`]),
  ];
  return ids.length === 0 ? [] : [`For support: ${ids.join(", ")}`];
}

function nextStep(
  rejection: Rejection,
  mode: AuthMode,
  source: CredentialSource,
  isAttached: boolean,
  recovery: RecoveryAccount,
): string {
  const target = rejection.url === undefined ? undefined : baseUrlClass(rejection.url);
  if (source.kind === "host") return `have the program give another credential by ${source.name}`;
  if (!isAttached) return "give a credential: culvert auth login, or set OPENAI_API_KEY";
  if (target === "platform" && isBackendMode(mode)) {
    return "a ChatGPT login does not work at api.openai.com; remove the base URL, or use an API key";
  }
  if (target === "chatgpt" && mode === "apikey") {
    return "an API key does not work at chatgpt.com; remove the base URL, or run: culvert auth login";
  }
  if (recovery.reason === "missing_scope") return "ask for the permission, or use another credential";
  if (recovery.outcome === "recovery_failed_transient") {
    return recovery.failure?.hint ?? "try again in a moment";
  }
  if (recovery.failure?.hint !== undefined) return recovery.failure.hint.replaceAll("\n", " ");
  if (source.kind === "command") return "run the provider's command yourself and check what it prints";
  if (mode === "chatgpt") return "sign in again: culvert auth login";
  if (recovery.reason === "recovery_exhausted") {
    return "sign in again: culvert auth login; or take use_agent_identity out of config.toml";
  }
  return `check or replace the value from ${source.name}; see: culvert auth status`;
}
