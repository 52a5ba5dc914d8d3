/**
 * Tells the authority that a token is not needed any more.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import { exchange, jsonBody } from "./auth_exchange.ts";
import type { AuthRecord } from "../auth_record.ts";

const REVOKE_LIMIT_MS = 10_000;

/** What a revocation works with. */
export interface RevokeParts {
  readonly dialer: Dialer;
  readonly revokeUrl: URL;
  readonly clientId: string;
  /** Default 10 s. */
  readonly limitMs?: number;
}

/**
 * Revokes a login: its refresh token, else its access token. Best effort.
 *
 * @returns why it did not work; `undefined` when it did, or when there is nothing to revoke
 */
export async function revokeLogin(parts: RevokeParts, record: AuthRecord): Promise<string | undefined> {
  if (record.mode !== "chatgpt" || record.tokens === undefined) return undefined;
  const { refreshToken, accessToken } = record.tokens;
  const hasRefreshToken = refreshToken !== "";
  if (!hasRefreshToken && accessToken === "") return undefined;
  const body = hasRefreshToken
    ? { token: refreshToken, token_type_hint: "refresh_token", client_id: parts.clientId }
    : { token: accessToken, token_type_hint: "access_token" };
  try {
    const request = { method: "POST", url: parts.revokeUrl, ...jsonBody(body) } as const;
    const { status } = await exchange(parts.dialer, request, parts.limitMs ?? REVOKE_LIMIT_MS);
    return status >= 200 && status < 300 ? undefined : `${parts.revokeUrl.host} answered ${status}`;
  } catch (error) {
    if (error instanceof CulvertError) return error.message;
    throw error;
  }
}
