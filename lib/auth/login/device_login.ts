/**
 * Signs in on another device: the user enters a code there, and this program polls for the answer. The requests are
 * not those of RFC 8628, so no OAuth library is used here.
 *
 * @module
 */
import { EXIT, handleFailure } from "../../errors.ts";
import { type AuthReply, errorCodeOf, exchange, jsonPost } from "../chatgpt/auth_exchange.ts";
import { retryAfterMs } from "../../net/dialer/retry.ts";
import { defined, jsonObject } from "../../text/json.ts";
import { type AuthorizationCode, errorDetail, exchangeCode } from "./code_exchange.ts";
import {
  CHATGPT_LOGIN_BYTES,
  loginFailure,
  type LoginParts,
  saveTokens,
  type SignedIn,
} from "./login_parts.ts";

/** How long the code is valid, ms. */
const VALID_MS = 15 * 60_000;
const DEFAULT_INTERVAL_S = 5;
/** Added to the interval for each `slow_down` (RFC 8628 §3.5), seconds. */
const SLOW_DOWN_S = 5;
/** Longest `Retry-After` that is obeyed, ms. */
const LONGEST_WAIT_MS = 60_000;

interface DeviceCode {
  readonly deviceAuthId: string;
  readonly userCode: string;
  readonly intervalS: number;
}

/**
 * Signs in by device code.
 *
 * @throws CulvertError `auth_login_failed` (`details.problem` is `device_code_disabled` where the account does not
 *   allow it), `auth_storage`, network codes for the first request; the signal's reason
 */
export async function loginByDevice(parts: LoginParts, signal?: AbortSignal): Promise<SignedIn> {
  await parts.store.check({ signal, expectedBytes: CHATGPT_LOGIN_BYTES });
  const device = await requestCode(parts, signal);
  parts.say(
    [
      "On any device, open:",
      `  ${parts.issuer}/codex/device`,
      "and enter this code, which is valid for 15 minutes:",
      `  ${device.userCode}`,
      "Continue only if you started this login yourself. Never enter a code that somebody sent you.",
    ].join("\n"),
  );
  const grant = await poll(parts, device, signal);
  const redirectUri = `${parts.issuer}/deviceauth/callback`;
  return await saveTokens(parts, await exchangeCode(parts, { ...grant, redirectUri }));
}

async function requestCode(parts: LoginParts, signal: AbortSignal | undefined): Promise<DeviceCode> {
  const reply = await ask(parts, "usercode", { client_id: parts.endpoints.clientId }, signal);
  if (reply.status === 404) {
    const message = "Sign-in by device code is not enabled for this account or server";
    throw loginFailure("device_code_disabled", message, {
      hint:
        "Enable device code authorization in the security settings of your account, or ask the administrator " +
        "of the workspace; or sign in with a browser: culvert auth login",
      details: { status: 404 },
    });
  }
  const { z } = await import("zod");
  const parsed = z.object({
    device_auth_id: z.string().min(1),
    user_code: z.string().min(1).optional(),
    usercode: z.string().min(1).optional(),
    // Seconds, as a number or as a text.
    interval: z.union([z.number(), z.string().trim().min(1).pipe(z.coerce.number())]).catch(
      DEFAULT_INTERVAL_S,
    ),
  }).safeParse(jsonObject(reply.text));
  const userCode = parsed.data?.user_code ?? parsed.data?.usercode;
  if (reply.status !== 200 || !parsed.success || userCode === undefined) {
    const message = `The authorization server returned no device code: status ${reply.status}`;
    throw loginFailure("device_code_failed", message, { details: { status: reply.status } });
  }
  return { deviceAuthId: parsed.data.device_auth_id, userCode, intervalS: Math.max(1, parsed.data.interval) };
}

/** What the user granted. */
type Grant = Omit<AuthorizationCode, "redirectUri">;

/** How long to wait for the next poll: seconds to add to the interval, and the least pause, ms. */
interface Pending {
  readonly slowerBy?: number;
  readonly waitMs?: number;
}

async function poll(parts: LoginParts, device: DeviceCode, signal: AbortSignal | undefined): Promise<Grant> {
  const { world } = parts;
  const end = world.monotonic() + VALID_MS;
  const fields = { device_auth_id: device.deviceAuthId, user_code: device.userCode };
  let { intervalS } = device;
  let lastProblem = "";
  while (world.monotonic() < end) {
    const reply = await handleFailure(ask(parts, "token", fields, signal), (failure) => {
      // A network failure must not end the login while the user enters the code.
      if (failure.exitStatus !== EXIT.network) throw failure;
      if (failure.message !== lastProblem) parts.say(`Waiting: ${failure.message}`);
      lastProblem = failure.message;
    });
    const answer: Grant | Pending = reply === undefined ? {} : await readPoll(reply, world.now());
    if ("code" in answer) return answer;
    const { slowerBy = 0, waitMs: leastMs = 0 } = answer;
    intervalS += slowerBy;
    const pause = Math.min(Math.max(intervalS * 1000, leastMs), Math.max(0, end - world.monotonic()));
    await world.sleep(pause, signal);
  }
  throw loginFailure("expired_token", "The device code was not used within 15 minutes");
}

async function readPoll({ headers, status, text }: AuthReply, now: number): Promise<Grant | Pending> {
  const code = errorCodeOf(text)?.toLowerCase();
  if (status === 200) {
    const { z } = await import("zod");
    const parsed = z.object({ authorization_code: z.string().min(1), code_verifier: z.string().min(1) })
      .safeParse(jsonObject(text));
    if (parsed.success) return { code: parsed.data.authorization_code, verifier: parsed.data.code_verifier };
    throw loginFailure("device_code_failed", "The authorization server granted the login without a code");
  }
  if (code === "slow_down") return { slowerBy: SLOW_DOWN_S };
  const isFinal = code === "access_denied" || code === "expired_token";
  if (!isFinal && (status === 403 || status === 404)) return {};
  if (status === 429) return { waitMs: Math.min(retryAfterMs(headers, now) ?? 0, LONGEST_WAIT_MS) };
  if (status === 408 || status >= 500) return {};
  const message = `The authorization server ended the login: status ${status}, ${errorDetail(text)}`;
  throw loginFailure(code ?? "device_code_failed", message, { details: { status } });
}

async function ask(
  parts: LoginParts,
  step: "usercode" | "token",
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<AuthReply> {
  const url = new URL(`${parts.issuer}/api/accounts/deviceauth/${step}`);
  return await exchange(parts, { ...jsonPost(url, fields), ...defined({ signal }) });
}
