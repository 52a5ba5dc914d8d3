/**
 * The refresh grant: one POST to the token endpoint, and what its answer means.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { AuthEndpoints } from "./auth_endpoints.ts";
import { type AuthReply, errorCodeOf, exchange, jsonBody } from "./auth_exchange.ts";
import { jsonObject } from "../json.ts";
import type { RefreshReason } from "../recovery/active_credential.ts";
import type { PermanentReason } from "../recovery/refresh_failure.ts";
import type { RenewedTokens } from "../auth_record.ts";

/** What became of one refresh. */
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
    /** Whether trying again soon may help. */
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
 * Spends a refresh token. It is single-use: whoever calls this must be the only one, and must save the answer.
 *
 * @param refreshToken not empty
 * @param limitMs for the whole exchange
 */
export async function refreshGrant(
  dialer: Dialer,
  endpoints: AuthEndpoints,
  refreshToken: string,
  reason: RefreshReason,
  limitMs: number,
): Promise<RefreshReply> {
  let reply: AuthReply;
  try {
    reply = await exchange(dialer, {
      method: "POST",
      url: endpoints.tokenUrl,
      ...jsonBody({
        client_id: endpoints.clientId,
        grant_type: "refresh_token",
        refresh_reason: reason,
        refresh_token: refreshToken,
      }),
    }, limitMs);
  } catch (cause) {
    if (!(cause instanceof CulvertError)) throw cause;
    // Where no connection came about in all that time, the next one would take as long.
    const isWorthRetrying = cause.exitStatus === 5 && cause.code !== "connect_timeout";
    return { kind: "transient", isWorthRetrying, problem: cause.message, cause };
  }
  return reply.status >= 200 && reply.status < 300 ? await renewed(reply) : refused(reply);
}

async function renewed(reply: AuthReply): Promise<RefreshReply> {
  const { z } = await import("zod");
  const schema = z.object({
    id_token: z.string().min(1).optional(),
    access_token: z.string().min(1).optional(),
    refresh_token: z.string().min(1).optional(),
  });
  const parsed = schema.safeParse(jsonObject(reply.text));
  if (!parsed.success || Object.keys(parsed.data).length === 0) {
    return {
      kind: "transient",
      isWorthRetrying: false,
      status: reply.status,
      problem: `the answer has status ${reply.status} but holds no tokens`,
    };
  }
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = parsed.data;
  const serverTime = Date.parse(reply.headers.get("date") ?? "");
  return {
    kind: "renewed",
    tokens: {
      ...(accessToken === undefined ? {} : { accessToken }),
      ...(idToken === undefined ? {} : { idToken }),
      ...(refreshToken === undefined ? {} : { refreshToken }),
    },
    ...(Number.isNaN(serverTime) ? {} : { serverTime }),
  };
}

/** Sorts a refusal. The server's own words are not repeated: they may quote what was sent. */
function refused(reply: AuthReply): RefreshReply {
  const code = errorCodeOf(reply.text);
  const { status } = reply;
  const reason = code === undefined ? undefined : PERMANENT_CODES[code];
  const known = code === undefined ? {} : { code };
  if (reason !== undefined) return { kind: "permanent", reason, status, ...known };
  if (status === 401) return { kind: "permanent", reason: "other", status, ...known };
  return {
    kind: "transient",
    isWorthRetrying: status === 408 || status === 429 || status >= 500,
    status,
    problem: `status ${status}${code === undefined ? "" : ` (${code})`}`,
    ...known,
  };
}
