/**
 * Exchanges an authorization code for tokens (RFC 6749 §4.1.3, RFC 7636), and an id token for an API key (RFC 8693).
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import { CulvertError } from "../../errors.ts";
import { type AuthReply, errorCodeOf, exchange, isSuccess } from "../chatgpt/auth_exchange.ts";
import { isObject, jsonObject, textMember } from "../json.ts";
import { loginFailure, type LoginParts, type LoginTokens } from "./login_parts.ts";

/**
 * Failures before any byte of the request was sent: the code is still valid. After `connect_timeout` this is not
 * certain.
 */
const BEFORE_SENDING = ["dns", "connect"];
const ATTEMPTS = 3;
const PAUSE_MS = 500;
/** Limit of the exchange for an API key, ms. */
const API_KEY_LIMIT_MS = 10_000;
const MAX_DETAIL = 200;

/** An authorization code, with what it was requested with. */
interface AuthorizationCode {
  readonly code: string;
  readonly redirectUri: string;
  readonly verifier: string;
}

/**
 * Exchanges a code. It can be used once, so only a failure to connect is retried.
 *
 * @throws CulvertError `auth_login_failed` for a refusal, network and TLS codes
 */
export async function exchangeCode(parts: LoginParts, grant: AuthorizationCode): Promise<LoginTokens> {
  const { server, client, clientAuth, options } = oauthParts(parts);
  // The state was checked with the answer.
  const answer = new URLSearchParams({ code: grant.code });
  const checked = oauth.validateAuthResponse(server, client, answer, oauth.skipStateCheck);
  const reply = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    clientAuth,
    checked,
    grant.redirectUri,
    grant.verifier,
    options,
  );
  const text = await reply.text();
  if (!isSuccess(reply)) throw refusal(reply.status, text);
  const { z } = await import("zod");
  const token = z.string().min(1);
  const parsed = z.object({ id_token: token, access_token: token, refresh_token: token })
    .safeParse(jsonObject(text));
  if (!parsed.success) {
    const message = "The authority accepted the code but answered without tokens";
    throw loginFailure("token_exchange_failed", message);
  }
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = parsed.data;
  return { idToken, accessToken, refreshToken };
}

/**
 * Requests an API key for the login, for other programs that read the same file. Many accounts get none.
 *
 * @returns `undefined` for every failure, and after an abort
 */
export async function exchangeApiKey(
  parts: LoginParts,
  idToken: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { server, client, clientAuth, options } = oauthParts(parts, API_KEY_LIMIT_MS, signal);
  try {
    const reply = await oauth.genericTokenEndpointRequest(
      server,
      client,
      clientAuth,
      "urn:ietf:params:oauth:grant-type:token-exchange",
      {
        requested_token: "openai-api-key",
        subject_token: idToken,
        subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
      },
      options,
    );
    return reply.status === 200 ? textMember(jsonObject(await reply.text()), "access_token") : undefined;
  } catch (error) {
    if (error instanceof CulvertError || signal?.aborted === true) return undefined;
    throw error;
  }
}

/** Returns what the OAuth library works with. Its requests are sent by the dialer, and none is redirected. */
function oauthParts(parts: LoginParts, limitMs?: number, signal?: AbortSignal) {
  const server = { issuer: parts.issuer, token_endpoint: `${parts.issuer}/oauth/token` };
  const send = async (url: string, request: oauth.CustomFetchOptions<"POST", URLSearchParams>) => {
    // The headers of the codex client; the library would name itself in them.
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    const post = { method: "POST", url: new URL(url), headers, body: request.body.toString() } as const;
    const reply = await sendWithRetry(parts, signal === undefined ? post : { ...post, signal }, limitMs);
    return new Response(reply.text, { status: reply.status, headers: reply.headers });
  };
  return {
    server,
    client: { client_id: parts.clientId },
    clientAuth: oauth.None(),
    // An issuer on loopback is used without TLS.
    options: { [oauth.customFetch]: send, [oauth.allowInsecureRequests]: true },
  };
}

async function sendWithRetry(
  { dialer, world }: LoginParts,
  request: Parameters<typeof exchange>[1],
  limitMs: number | undefined,
): Promise<AuthReply> {
  for (let attempt = 1;; attempt++) {
    try {
      return await exchange(dialer, request, limitMs);
    } catch (error) {
      const isUnsent = error instanceof CulvertError && BEFORE_SENDING.includes(error.code);
      if (!isUnsent || attempt === ATTEMPTS) throw error;
      await world.sleep(PAUSE_MS * attempt, request.signal);
    }
  }
}

function refusal(status: number, text: string): CulvertError {
  const code = errorCodeOf(text);
  const message = `The authority refused to exchange the code: status ${status}, ${errorDetail(text)}`;
  return loginFailure("token_exchange_failed", message, {
    details: { status, ...(code === undefined ? {} : { error_code: code }) },
  });
}

/** Returns the reason in a refusal: the description, else the message, else the code, else the text, shortened. */
export function errorDetail(text: string): string {
  const body = jsonObject(text);
  const error = body?.["error"];
  const message = isObject(error) ? error["message"] : undefined;
  const candidates = [
    body?.["error_description"],
    message,
    errorCodeOf(text),
    body === undefined ? text : "",
  ];
  const said = candidates.find((one): one is string => typeof one === "string" && one.trim() !== "");
  if (said === undefined) return "without a reason";
  const line = said.replace(/<[^>]{0,2000}>/g, " ").replace(/\s+/g, " ").trim();
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL)}…` : line;
}
