/**
 * Revokes the tokens of a login. The authority takes JSON, not the form of RFC 7009.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { AuthRecord } from "../auth_record.ts";
import { exchange, isSuccess, jsonBody } from "./auth_exchange.ts";

const REVOKE_LIMIT_MS = 10_000;

/** What a revocation works with. */
interface RevokeParts {
  readonly dialer: Dialer;
  readonly revokeUrl: URL;
  readonly clientId: string;
  /** ms. Default: 10 s. */
  readonly limitMs?: number;
}

/**
 * Revokes the refresh token of a login, else its access token.
 *
 * @returns why it failed; `undefined` after a success, and where there is nothing to revoke
 */
export async function revokeLogin(parts: RevokeParts, record: AuthRecord): Promise<string | undefined> {
  if (record.mode !== "chatgpt" || record.tokens === undefined) return undefined;
  const { refreshToken, accessToken } = record.tokens;
  if (refreshToken === "" && accessToken === "") return undefined;
  const body = refreshToken === ""
    ? { token: accessToken, token_type_hint: "access_token" }
    : { token: refreshToken, token_type_hint: "refresh_token", client_id: parts.clientId };
  const request = { method: "POST", url: parts.revokeUrl, ...jsonBody(body) } as const;
  try {
    const reply = await exchange(parts.dialer, request, parts.limitMs ?? REVOKE_LIMIT_MS);
    return isSuccess(reply) ? undefined : `${parts.revokeUrl.host} answered ${reply.status}`;
  } catch (error) {
    if (error instanceof CulvertError) return error.message;
    throw error;
  }
}
