/**
 * The token endpoint in a login: exchanges an authorization code for tokens (RFC 6749 §4.1.3, RFC 7636), and an id
 * token for an API key (RFC 8693).
 *
 * @module
 */
import { CulvertError, handleFailure } from "../../errors.ts";
import { withRetries } from "../../net/dialer/retry.ts";
import { type AuthReply, errorCodeOf, exchange, isSuccess, RETRIES } from "../chatgpt/auth_exchange.ts";
import { tokensIn } from "../chatgpt/token_endpoint.ts";
import { defined, isObject, jsonObject, textMember } from "../../text/json.ts";
import { loginFailure, type LoginParts, type LoginTokens } from "./login_parts.ts";

/**
 * Failures before any byte of the request was sent: the code is still valid. After `connect_timeout` this is not
 * certain.
 */
const BEFORE_SENDING = ["dns", "connect"];
/** Limit of the exchange for an API key, ms. */
const API_KEY_LIMIT_MS = 10_000;
const MAX_DETAIL = 200;

/** An authorization code, with what it was requested with. */
export interface AuthorizationCode {
  readonly code: string;
  readonly redirectUri: string;
  readonly verifier: string;
}

/**
 * Checks that the authority can be reached, before the user signs in there. Every HTTP reply is a success.
 *
 * @throws CulvertError of the network and TLS codes; the signal's reason
 */
export async function checkReachable(
  { issuer, ...authority }: Pick<LoginParts, "dialer" | "world" | "issuer">,
  signal?: AbortSignal,
): Promise<void> {
  const request = { method: "GET", url: tokenUrl(issuer), headers: { accept: "application/json" } } as const;
  await handleFailure(exchange(authority, { ...request, ...defined({ signal }) }), (cause) => {
    signal?.throwIfAborted();
    const { code, details, hint = "To see where the connection fails, run: culvert doctor", message } = cause;
    if (code !== "redirect") {
      throw new CulvertError(code, `Cannot sign in: ${message}`, { hint, details, cause });
    }
  });
}

/**
 * Exchanges a code. It can be used once, so only a failure to connect is retried.
 *
 * @throws CulvertError `auth_login_failed` for a refusal, network and TLS codes
 */
export async function exchangeCode(parts: LoginParts, grant: AuthorizationCode): Promise<LoginTokens> {
  const { status, text } = await requestTokens(parts, {
    grant_type: "authorization_code",
    code: grant.code,
    redirect_uri: grant.redirectUri,
    client_id: parts.endpoints.clientId,
    code_verifier: grant.verifier,
  });
  if (!isSuccess({ status })) {
    const message = `The authorization server refused to exchange the code: status ${status}, ${
      errorDetail(text)
    }`;
    const details = { status, ...defined({ error_code: errorCodeOf(text) }) };
    throw loginFailure("token_exchange_failed", message, { details });
  }
  const { idToken, accessToken, refreshToken } = tokensIn(text) ?? {};
  if (idToken === undefined || accessToken === undefined || refreshToken === undefined) {
    const message = "The authorization server accepted the code but answered without tokens";
    throw loginFailure("token_exchange_failed", message);
  }
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
  const fields = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    client_id: parts.endpoints.clientId,
    requested_token: "openai-api-key",
    subject_token: idToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
  };
  try {
    const { status, text } = await requestTokens(parts, fields, API_KEY_LIMIT_MS, signal);
    return status === 200 ? textMember(jsonObject(text), "access_token") : undefined;
  } catch (error) {
    if (error instanceof CulvertError || signal?.aborted === true) return undefined;
    throw error;
  }
}

function tokenUrl(issuer: string): URL {
  return new URL(`${issuer}/oauth/token`);
}

/** Sends a form to the token endpoint. Retried only where nothing was sent. */
async function requestTokens(
  { issuer, ...authority }: LoginParts,
  fields: Readonly<Record<string, string>>,
  limitMs?: number,
  signal?: AbortSignal,
): Promise<AuthReply> {
  const request = {
    method: "POST",
    url: tokenUrl(issuer),
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
    ...defined({ signal }),
  } as const;
  return await withRetries(() => exchange(authority, request, limitMs), {
    ...RETRIES,
    world: authority.world,
    signal,
    shouldRetry: (attempt) => attempt.kind === "error" && BEFORE_SENDING.includes(attempt.error.code),
  });
}

/** Returns the reason in a refusal: the description, else the message, else the code, else the text, shortened. */
export function errorDetail(text: string): string {
  const body = jsonObject(text);
  const error = body?.["error"];
  const candidates = [
    body?.["error_description"],
    isObject(error) ? error["message"] : undefined,
    errorCodeOf(text),
    body === undefined ? text : "",
  ];
  const said = candidates.find((one): one is string => typeof one === "string" && one.trim() !== "");
  if (said === undefined) return "without a reason";
  const line = said.replace(/<[^>]{0,2000}>/g, " ").replace(/\s+/g, " ").trim();
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL)}…` : line;
}
