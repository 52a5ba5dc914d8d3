/**
 * Signs in on another device: the user enters a code there, and this program polls for the answer. The requests are
 * not those of RFC 8628, so no OAuth library is used here.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { type AuthReply, errorCodeOf, exchange, jsonBody } from "../chatgpt/auth_exchange.ts";
import { defined, jsonObject } from "../json.ts";
import { errorDetail, exchangeCode } from "./code_exchange.ts";
import { loginFailure, type LoginParts, type SignedIn } from "./login_parts.ts";
import { CHATGPT_LOGIN_BYTES, checkStore, saveTokens } from "./save_login.ts";

/** How long the code is valid, ms. */
const VALID_MS = 15 * 60_000;
const DEFAULT_INTERVAL_S = 5;
/** Added to the interval for each `slow_down` (RFC 8628 §3.5), seconds. */
const SLOW_DOWN_S = 5;

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
  await checkStore(parts, { signal, expectedBytes: CHATGPT_LOGIN_BYTES });
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
  const tokens = await exchangeCode(parts, {
    code: grant.code,
    verifier: grant.verifier,
    redirectUri: `${parts.issuer}/deviceauth/callback`,
  });
  return await saveTokens(parts, tokens);
}

async function requestCode(parts: LoginParts, signal: AbortSignal | undefined): Promise<DeviceCode> {
  const reply = await ask(parts, "usercode", { client_id: parts.clientId }, signal);
  if (reply.status === 404) {
    throw loginFailure(
      "device_code_disabled",
      "Sign-in by device code is not enabled for this account or server",
      {
        hint:
          "Enable device code authorization in the security settings of your account, or ask the administrator " +
          "of the workspace; or sign in by browser: culvert auth login",
        details: { status: 404 },
      },
    );
  }
  const { z } = await import("zod");
  const parsed = z.object({
    device_auth_id: z.string().min(1),
    user_code: z.string().min(1).optional(),
    usercode: z.string().min(1).optional(),
    interval: z.unknown().optional(),
  }).safeParse(jsonObject(reply.text));
  const userCode = parsed.data?.user_code ?? parsed.data?.usercode;
  if (reply.status !== 200 || !parsed.success || userCode === undefined) {
    throw loginFailure("device_code_failed", `The authority gave no device code: status ${reply.status}`, {
      details: { status: reply.status },
    });
  }
  return { deviceAuthId: parsed.data.device_auth_id, userCode, intervalS: intervalOf(parsed.data.interval) };
}

/** Returns the seconds between polls: a text or a number, at least 1; 5 where it is neither. */
function intervalOf(value: unknown): number {
  const seconds = typeof value === "number" || (typeof value === "string" && value.trim() !== "")
    ? Number(value)
    : NaN;
  return Number.isFinite(seconds) ? Math.max(1, seconds) : DEFAULT_INTERVAL_S;
}

/** The result of a poll: the grant, or how long to wait. */
type Poll =
  | { readonly kind: "granted"; readonly code: string; readonly verifier: string }
  | { readonly kind: "pending"; readonly slowerBy?: number; readonly waitMs?: number };

async function poll(
  parts: LoginParts,
  device: DeviceCode,
  signal: AbortSignal | undefined,
): Promise<Extract<Poll, { kind: "granted" }>> {
  const { world } = parts;
  const end = world.monotonic() + VALID_MS;
  let intervalS = device.intervalS;
  let lastProblem = "";
  while (world.monotonic() < end) {
    let waitMs = intervalS * 1000;
    try {
      const fields = { device_auth_id: device.deviceAuthId, user_code: device.userCode };
      const answer = await readPoll(await ask(parts, "token", fields, signal));
      if (answer.kind === "granted") return answer;
      intervalS += answer.slowerBy ?? 0;
      waitMs = Math.max(intervalS * 1000, answer.waitMs ?? 0);
    } catch (error) {
      // A network failure must not end the login while the user enters the code.
      if (!(error instanceof CulvertError) || error.exitStatus !== 5) throw error;
      if (error.message !== lastProblem) parts.say(`Waiting: ${error.message}`);
      lastProblem = error.message;
    }
    await world.sleep(Math.min(waitMs, Math.max(0, end - world.monotonic())), signal);
  }
  throw loginFailure("expired_token", "The device code was not used within 15 minutes");
}

async function readPoll(reply: AuthReply): Promise<Poll> {
  const code = errorCodeOf(reply.text);
  if (reply.status === 200) {
    const { z } = await import("zod");
    const parsed = z.object({ authorization_code: z.string().min(1), code_verifier: z.string().min(1) })
      .safeParse(jsonObject(reply.text));
    if (!parsed.success) {
      throw loginFailure("device_code_failed", "The authority granted the login without a code");
    }
    return { kind: "granted", code: parsed.data.authorization_code, verifier: parsed.data.code_verifier };
  }
  if (code === "slow_down") return { kind: "pending", slowerBy: SLOW_DOWN_S };
  const isFinal = code === "access_denied" || code === "expired_token";
  if (!isFinal && (reply.status === 403 || reply.status === 404)) return { kind: "pending" };
  if (reply.status === 429) return { kind: "pending", waitMs: retryAfterMs(reply.headers) };
  if (reply.status === 408 || reply.status >= 500) return { kind: "pending" };
  throw loginFailure(
    code ?? "device_code_failed",
    `The authority ended the login: status ${reply.status}, ${errorDetail(reply.text)}`,
    { details: { status: reply.status } },
  );
}

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get("retry-after") ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) * 1000 : 0;
}

async function ask(
  parts: LoginParts,
  step: "usercode" | "token",
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<AuthReply> {
  const url = new URL(`${parts.issuer}/api/accounts/deviceauth/${step}`);
  return await exchange(parts.dialer, { method: "POST", url, ...jsonBody(fields), ...defined({ signal }) });
}
