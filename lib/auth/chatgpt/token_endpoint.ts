/**
 * The refresh grant. The authority takes it as JSON with a reason (as codex 0.171.0 sends it), not as the form of
 * RFC 6749 §6, so no OAuth library is used here.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { describeWebPage, webPageHint, webPageIn } from "../../net/failure/web_page.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { RenewedTokens } from "../auth_record.ts";
import { defined, jsonObject } from "../json.ts";
import type { RefreshReason } from "../recovery/active_credential.ts";
import type { PermanentReason } from "../recovery/refresh_failure.ts";
import type { AuthEndpoints } from "./auth_endpoints.ts";
import { type AuthReply, errorCodeOf, exchange, isSuccess, jsonBody } from "./auth_exchange.ts";

/** The result of a refresh. */
export type RefreshReply =
  | { readonly kind: "renewed"; readonly tokens: RenewedTokens; readonly serverTime?: number }
  | {
    readonly kind: "permanent";
    readonly reason: PermanentReason;
    readonly status: number;
    readonly code?: string;
  }
  | {
    readonly kind: "transient";
    /** Whether another try soon may succeed. */
    readonly isWorthRetrying: boolean;
    readonly problem: string;
    readonly status?: number;
    readonly code?: string;
    readonly cause?: unknown;
  };

const PERMANENT_CODES: Readonly<Record<string, PermanentReason>> = {
  refresh_token_expired: "expired",
  refresh_token_reused: "exhausted",
  refresh_token_invalidated: "revoked",
  invalid_grant: "other",
  unauthorized_client: "other",
};

/**
 * Sends a refresh token, which is spent by that. The caller holds the lock of the login and saves the answer.
 *
 * @param refreshToken not empty
 * @param limitMs for the whole exchange, ms
 */
export async function refreshGrant(
  dialer: Dialer,
  endpoints: AuthEndpoints,
  refreshToken: string,
  reason: RefreshReason,
  limitMs: number,
): Promise<RefreshReply> {
  const body = jsonBody({
    client_id: endpoints.clientId,
    grant_type: "refresh_token",
    refresh_reason: reason,
    refresh_token: refreshToken,
  });
  let reply: AuthReply;
  try {
    reply = await exchange(dialer, { method: "POST", url: endpoints.tokenUrl, ...body }, limitMs);
  } catch (cause) {
    if (!(cause instanceof CulvertError)) throw cause;
    // After a connection timeout the next try would take as long.
    const isWorthRetrying = cause.exitStatus === 5 &&
      cause.code !== "connect_timeout" && cause.code !== "redirect";
    return { kind: "transient", isWorthRetrying, problem: cause.message, cause };
  }
  return blocked(reply, endpoints.tokenUrl.host) ??
    (isSuccess(reply) ? await renewed(reply) : refused(reply));
}

/** A web page in place of the authority's answer. It says nothing about the refresh token. */
function blocked({ headers, status, text }: AuthReply, host: string): RefreshReply | undefined {
  const page = webPageIn(headers, text);
  if (page === undefined) return undefined;
  const problem = `${host} answered ${status}: ${describeWebPage(page)}`;
  const cause = new CulvertError("blocked", problem, { hint: webPageHint(page, status, host) });
  return { kind: "transient", isWorthRetrying: status >= 500, status, problem, cause };
}

async function renewed(reply: AuthReply): Promise<RefreshReply> {
  const { z } = await import("zod");
  const token = z.string().min(1).optional();
  const parsed = z.object({ id_token: token, access_token: token, refresh_token: token })
    .safeParse(jsonObject(reply.text));
  if (!parsed.success || Object.keys(parsed.data).length === 0) {
    return {
      kind: "transient",
      isWorthRetrying: false,
      status: reply.status,
      problem: `the answer has status ${reply.status} but contains no tokens`,
    };
  }
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = parsed.data;
  const serverTime = Date.parse(reply.headers.get("date") ?? "");
  return {
    kind: "renewed",
    tokens: {
      ...defined({ accessToken, idToken, refreshToken }),
    },
    ...(Number.isNaN(serverTime) ? {} : { serverTime }),
  };
}

/** Classifies a refusal. The server's message is not repeated: it may quote what was sent. */
function refused({ status, text }: AuthReply): RefreshReply {
  const code = errorCodeOf(text);
  const known = code === undefined ? { status } : { status, code };
  const reason = PERMANENT_CODES[code ?? ""] ?? (status === 401 ? "other" : undefined);
  if (reason !== undefined) return { kind: "permanent", reason, ...known };
  return {
    kind: "transient",
    isWorthRetrying: status === 408 || status === 429 || status >= 500,
    problem: `status ${status}${code === undefined ? "" : ` (${code})`}`,
    ...known,
  };
}
