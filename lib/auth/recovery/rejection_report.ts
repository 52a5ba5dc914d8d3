/**
 * The error of a 401 that recovery did not resolve. In at most ten lines: what was sent and where it came from, what
 * the server said, how recovery ended, the ids for support, and what to do next.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { RecoveryObservation } from "../../net/observer.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { baseUrlClass, isBackendMode, isMisrouted } from "../auth_headers.ts";
import type { AuthMode, Authorization, CredentialSource, Rejection } from "../authenticator.ts";
import { defined } from "../../text/json.ts";

/** How recovery ended. */
export interface RecoveryEnd extends Pick<RecoveryObservation, "mode" | "phase" | "outcome"> {
  readonly reason: string;
  /** Why a step failed. */
  readonly failure?: CulvertError;
}

/** Longest message of a server that is shown, characters. */
const MAX_MESSAGE = 300;
/** Shortest header value that counts as secret, characters. */
const MIN_SECRET = 8;

/** Returns the error of a 401. */
export function describeRejection(rejection: Rejection, recovery: RecoveryEnd): CulvertError {
  const { evidence, endpoint, sent, transport, url } = rejection;
  const { mode, source } = sent;
  const { failure } = recovery;
  const details: Readonly<Record<string, DetailValue>> = {
    ...failure?.details,
    status: 401,
    endpoint,
    transport,
    ...(url === undefined ? {} : {
      host: url.host,
      base_url_class: baseUrlClass(url),
      provider_mismatch: isMisrouted(url, mode),
    }),
    auth_mode: mode,
    auth_source: source.name,
    auth_header_attached: isAttached(sent),
    recovery_mode: recovery.mode,
    recovery_phase: recovery.phase,
    recovery_outcome: recovery.outcome,
    recovery_reason: recovery.reason,
    request_id: evidence.requestId ?? null,
    cf_ray: evidence.cfRay ?? null,
    auth_error: evidence.authError ?? null,
    auth_error_code: evidence.authErrorCode ?? rejection.code ?? null,
  };
  const ids = defined({ "request id": evidence.requestId, "cf-ray": evidence.cfRay });
  const lines = {
    Sent: describeSent(sent),
    "The server said": serverMessage(rejection),
    Recovery: describeRecovery(recovery),
    "For support": Object.entries(ids).map((pair) => pair.join(" ")).join(", "),
    Next: nextStep(rejection, recovery),
  };
  const hint = Object.entries(lines).flatMap(([name, text]) => text === "" ? [] : [`${name}: ${text}`]).join(
    "\n",
  );
  const server = url?.host ?? "The server";
  const refused = `${server} refused the credential with 401 on ${endpoint} (${transport})`;
  if (failure === undefined) return new CulvertError("auth_rejected", refused, { hint, details });
  const code = failure.code === "blocked" ? "blocked" : "auth_refresh_failed";
  return new CulvertError(code, `${refused}. ${failure.message}`, { hint, details, cause: failure });
}

/** Returns the name of a credential for messages. */
export function describeCredential(mode: AuthMode, source: CredentialSource): string {
  return source.kind === "none" ? "no credential" : `${KINDS[mode]} from ${source.name}`;
}

/** Tells whether a 401 means that a valid credential lacks a permission. A new token would lack it too. */
export function isMissingScope(rejection: Rejection): boolean {
  const code = rejection.evidence.authErrorCode ?? rejection.code;
  return /^(missing_scopes?|insufficient_scope|insufficient_permissions)$/i.test(code ?? "") ||
    /missing scopes?|insufficient permissions/i.test(rejection.message ?? "");
}

/** Tells whether a 401 means that the whole login is revoked. */
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

function isAttached({ headers }: Authorization): boolean {
  return "authorization" in headers;
}

function describeSent(sent: Authorization): string {
  const { mode, source } = sent;
  if (mode === "headers") return describeCredential(mode, source);
  return isAttached(sent)
    ? `an Authorization header, ${describeCredential(mode, source)}`
    : "no Authorization header";
}

/** Returns the server's message and codes on one line, without what was sent and without tokens. */
function serverMessage({ evidence, message = "", code, sent }: Rejection): string {
  const { authorization = "", ...others } = sent.headers;
  const secrets = [
    authorization.replace(/^\S+ /, ""),
    ...Object.values(others).filter((value) => value.length >= MIN_SECRET),
  ].filter((value) => value !== "");
  const redact = createRedactor(secrets, "user");
  const clean = (text: string) => {
    const line = redact(text.replace(/\s+/g, " ").trim());
    return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
  };
  const codes = [evidence.authErrorCode ?? code, evidence.authError]
    .flatMap((one) => one === undefined ? [] : [clean(one)]);
  return `${clean(message)}${codes.length === 0 ? "" : ` (${codes.join(", ")})`}`.trim();
}

const NOT_RUN: Readonly<Record<string, string>> = {
  not_chatgpt_auth: "a credential of this kind cannot be renewed",
  not_refreshable_auth: "a credential of this kind cannot be renewed",
  auth_manager_missing: "there is no credential to renew",
  missing_scope: "the credential is valid but not allowed to do this",
};

function describeRecovery({ outcome, reason, phase }: RecoveryEnd): string {
  if (outcome !== "recovery_not_run") {
    const kind = outcome === "recovery_failed_transient" ? "failed temporarily" : "failed permanently";
    return `${kind} at ${phase} (${reason})`;
  }
  return reason === "recovery_exhausted"
    ? "succeeded, but the server also refused the renewed credential"
    : `not run (${NOT_RUN[reason] ?? reason})`;
}

function nextStep({ sent, url }: Rejection, recovery: RecoveryEnd): string {
  const { mode, source } = sent;
  const target = url === undefined ? undefined : baseUrlClass(url);
  if (source.kind === "host") return `supply another credential through ${source.name}`;
  if (!isAttached(sent)) return "provide a credential: culvert auth login, or set OPENAI_API_KEY";
  if (target === "platform" && isBackendMode(mode)) {
    return "a ChatGPT login does not work at api.openai.com; remove the base URL, or use an API key";
  }
  if (target === "chatgpt" && mode === "apikey") {
    return "an API key does not work at chatgpt.com; remove the base URL, or run: culvert auth login";
  }
  if (recovery.reason === "missing_scope") return "ask for the permission, or use another credential";
  if (recovery.failure?.hint !== undefined) return recovery.failure.hint.replaceAll("\n", " ");
  if (recovery.outcome === "recovery_failed_transient") return "try again in a moment";
  if (source.kind === "command") return "run the command of the provider yourself and check its output";
  if (mode === "chatgpt") return "sign in again: culvert auth login";
  if (recovery.reason === "recovery_exhausted") {
    return "sign in again: culvert auth login; or remove use_agent_identity from config.toml";
  }
  return `check or replace the value from ${source.name}; see: culvert auth status`;
}
