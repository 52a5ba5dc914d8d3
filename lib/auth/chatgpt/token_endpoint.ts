/**
 * Refreshes and revokes tokens. The authority takes both requests as JSON (as codex 0.171.0 sends them), not as the
 * forms of RFC 6749 §6 and RFC 7009, so no OAuth library is used here.
 *
 * @module
 */
import { CulvertError, handleFailure } from "../../errors.ts";
import { describeWebPage, webPageHint, webPageIn } from "../../net/failure/web_page.ts";
import type { AuthRecord, RenewedTokens } from "../auth_record.ts";
import { defined, jsonObject, textMember } from "../../text/json.ts";
import type { RefreshReason } from "../recovery/active_credential.ts";
import { permanentFailure, type PermanentReason, transientFailure } from "../recovery/refresh_failure.ts";
import { type Attempt, withRetries } from "../../net/dialer/retry.ts";
import {
  type Authority,
  type AuthReply,
  errorCodeOf,
  exchange,
  isSuccess,
  jsonPost,
  mayPass,
  RETRIES,
} from "./auth_exchange.ts";

/** Limit for all requests of one refresh, ms. */
const REFRESH_LIMIT_MS = 30_000;
const REVOKE_LIMIT_MS = 10_000;

const PERMANENT_CODES: Readonly<Record<string, PermanentReason>> = {
  refresh_token_expired: "expired",
  refresh_token_reused: "exhausted",
  refresh_token_invalidated: "revoked",
  invalid_grant: "other",
  unauthorized_client: "other",
};

interface RefreshParts extends Authority {
  /** Receives the cause of each retry. */
  readonly note: (message: string) => void;
}

/** The answer to a refresh. */
export interface Renewed {
  readonly tokens: RenewedTokens;
  /** The clock of the authority, ms since 1970; NaN where it is not known. */
  readonly serverTime: number;
}

/**
 * Sends a refresh token, which is spent by that. The caller holds the lock of the login and saves the answer.
 *
 * @param refreshToken not empty
 * @throws CulvertError as {@link permanentFailure} for a refusal, as {@link transientFailure} for all else
 */
export async function refreshGrant(
  { note, ...authority }: RefreshParts,
  refreshToken: string,
  reason: RefreshReason,
): Promise<Renewed> {
  const { endpoints: { clientId, tokenUrl }, world } = authority;
  const request = jsonPost(tokenUrl, {
    client_id: clientId,
    grant_type: "refresh_token",
    refresh_reason: reason,
    refresh_token: refreshToken,
  });
  const end = world.monotonic() + REFRESH_LIMIT_MS;
  const left = () => end - world.monotonic();
  const sent = withRetries(() => exchange(authority, request, left()), {
    ...RETRIES,
    world,
    shouldRetry: (attempt) => mayPass(attempt) && !isSlow(attempt) && left() > RETRIES.maxServerDelayMs,
    onRetry: ({ because, retry }) => note(`Refresh attempt ${retry} failed: ${because}`),
  });
  const reply = await handleFailure(sent, (cause) => {
    throw transientFailure(cause.message, {}, cause);
  });
  const page = blockPage(reply, tokenUrl.host);
  if (page !== undefined) throw transientFailure(page.message, { status: reply.status }, page);
  if (!isSuccess(reply)) throw refusal(reply);
  const tokens = tokensIn(reply.text);
  if (tokens !== undefined) return { tokens, serverTime: Date.parse(reply.headers.get("date") ?? "") };
  const problem = `the answer has status ${reply.status} but contains no tokens`;
  throw transientFailure(problem, { status: reply.status });
}

/** Tells whether the next try would take as long: after a connection timeout. */
function isSlow(attempt: Attempt): boolean {
  return attempt.kind === "error" && attempt.error.code === "connect_timeout";
}

/** Returns the error of a web page in place of the authority's answer. It says nothing about the refresh token. */
function blockPage({ headers, status, text }: AuthReply, host: string): CulvertError | undefined {
  const page = webPageIn(headers, text);
  if (page === undefined) return undefined;
  const message = `${host} answered ${status}: ${describeWebPage(page)}`;
  return new CulvertError("blocked", message, { hint: webPageHint(page, status, host) });
}

/** Returns the tokens in an answer of the token endpoint; `undefined` where there are none. Null counts as absent. */
export function tokensIn(text: string): RenewedTokens | undefined {
  const answer = jsonObject(text);
  const tokens = defined({
    accessToken: textMember(answer, "access_token"),
    idToken: textMember(answer, "id_token"),
    refreshToken: textMember(answer, "refresh_token"),
  });
  return Object.keys(tokens).length === 0 ? undefined : tokens;
}

/** Classifies a refusal. The server's message is not repeated: it may quote what was sent. */
function refusal({ status, text }: AuthReply): CulvertError {
  const code = errorCodeOf(text);
  const facts = { status, ...defined({ error_code: code }) };
  const reason = PERMANENT_CODES[code?.toLowerCase() ?? ""] ?? (status === 401 ? "other" : undefined);
  if (reason !== undefined) return permanentFailure(reason, facts);
  return transientFailure(`status ${status}${code === undefined ? "" : ` (${code})`}`, facts);
}

/**
 * Revokes the refresh token of a login, else its access token.
 *
 * @param limitMs default: 10 s
 * @returns why it failed; `undefined` after a success, and where there is nothing to revoke
 */
export async function revokeLogin(
  authority: Authority,
  record: AuthRecord,
  limitMs = REVOKE_LIMIT_MS,
): Promise<string | undefined> {
  if (record.mode !== "chatgpt" || record.tokens === undefined) return undefined;
  const { refreshToken, accessToken } = record.tokens;
  if (refreshToken === "" && accessToken === "") return undefined;
  const { revokeUrl, clientId } = authority.endpoints;
  const body = refreshToken === ""
    ? { token: accessToken, token_type_hint: "access_token" }
    : { token: refreshToken, token_type_hint: "refresh_token", client_id: clientId };
  const reply = await handleFailure(
    exchange(authority, jsonPost(revokeUrl, body), limitMs),
    ({ message }) => message,
  );
  if (typeof reply === "string") return reply;
  return isSuccess(reply) ? undefined : `${revokeUrl.host} answered ${reply.status}`;
}
