/**
 * From an authorization code to tokens.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { type AuthReply, errorCodeOf, exchange, formBody } from "../chatgpt/auth_exchange.ts";
import { jsonObject } from "../json.ts";
import { loginFailure, type LoginParts, type LoginTokens } from "./login_parts.ts";

/**
 * Failures that happen before any byte of the request left: the code is still good. Of a connection that was not
 * made in time this is not certain.
 */
const BEFORE_SENDING = ["dns", "connect"];
const ATTEMPTS = 3;
const PAUSE_MS = 500;
const MAX_DETAIL = 200;

/** What the code was asked for with. */
export interface AuthorizationCode {
  readonly code: string;
  readonly redirectUri: string;
  readonly verifier: string;
}

/**
 * Exchanges the code. It is good for one use, so only a failure to connect is tried again.
 *
 * @throws CulvertError `auth_login_failed` when the authority refuses, network and TLS codes
 */
export async function exchangeCode(parts: LoginParts, grant: AuthorizationCode): Promise<LoginTokens> {
  const reply = await post(parts, [
    ["grant_type", "authorization_code"],
    ["code", grant.code],
    ["redirect_uri", grant.redirectUri],
    ["client_id", parts.clientId],
    ["code_verifier", grant.verifier],
  ]);
  if (reply.status < 200 || reply.status > 299) throw refusal(reply);
  const { z } = await import("zod");
  const parsed = z.object({
    id_token: z.string().min(1),
    access_token: z.string().min(1),
    refresh_token: z.string().min(1),
  }).safeParse(jsonObject(reply.text));
  if (!parsed.success) {
    throw loginFailure(
      "token_exchange_failed",
      "The authority accepted the code but answered without tokens",
    );
  }
  return {
    idToken: parsed.data.id_token,
    accessToken: parsed.data.access_token,
    refreshToken: parsed.data.refresh_token,
  };
}

/**
 * Asks for an API key that goes with the login. It is a courtesy for other programs that read the same file;
 * many accounts get none.
 *
 * @returns `undefined` when there is none
 */
export async function exchangeApiKey(parts: LoginParts, idToken: string): Promise<string | undefined> {
  try {
    const reply = await post(parts, [
      ["grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"],
      ["client_id", parts.clientId],
      ["requested_token", "openai-api-key"],
      ["subject_token", idToken],
      ["subject_token_type", "urn:ietf:params:oauth:token-type:id_token"],
    ]);
    const key = reply.status === 200 ? jsonObject(reply.text)?.["access_token"] : undefined;
    return typeof key === "string" && key !== "" ? key : undefined;
  } catch (error) {
    // The login is complete without it.
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
}

async function post(parts: LoginParts, fields: readonly (readonly [string, string])[]): Promise<AuthReply> {
  const url = new URL(`${parts.issuer}/oauth/token`);
  for (let attempt = 1;; attempt++) {
    try {
      return await exchange(parts.dialer, { method: "POST", url, ...formBody(fields) });
    } catch (error) {
      const isUnsent = error instanceof CulvertError && BEFORE_SENDING.includes(error.code);
      if (!isUnsent || attempt === ATTEMPTS) throw error;
      await parts.world.sleep(PAUSE_MS * attempt);
    }
  }
}

function refusal(reply: AuthReply): CulvertError {
  const code = errorCodeOf(reply.text);
  const detail = oauthDetail(reply.text);
  return loginFailure(
    "token_exchange_failed",
    `The authority refused to exchange the code: status ${reply.status}, ${detail}`,
    { details: { status: reply.status, ...(code === undefined ? {} : { error_code: code }) } },
  );
}

/** What a refusal says: the description, else the message, else the code, else the text itself, cut. */
export function oauthDetail(text: string): string {
  const body = jsonObject(text);
  const error = body?.["error"];
  const message = typeof error === "object" && error !== null
    ? Object.getOwnPropertyDescriptor(error, "message")?.value
    : undefined;
  const said = [
    body?.["error_description"],
    message,
    errorCodeOf(text),
    body === undefined ? text : undefined,
  ]
    .find((one): one is string => typeof one === "string" && one.trim() !== "");
  if (said === undefined) return "without a reason";
  const line = said.replace(/<[^>]{0,2000}>/g, " ").replace(/\s+/g, " ").trim();
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL)}…` : line;
}
