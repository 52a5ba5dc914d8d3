/**
 * Requests a websocket upgrade like a turn, and determines its result.
 *
 * @module
 */
import { sendRequest } from "../../api/send_request.ts";
import { CulvertError } from "../../errors.ts";
import type { WebSocketOutcome } from "../../net/websocket/websocket.ts";
import type { DoctorContext } from "../context.ts";
import { commonName } from "../probe/interception.ts";
import { probeScope } from "../probe/model_list.ts";
import { sendUpgrade } from "./upgrade_request.ts";

/** Time limit for the answer to a ping, ms. */
const PING_MS = 1_000;
/** Time kept for the ping and the report, ms. */
const RESERVE_MS = PING_MS + 200;

/** The result of an upgrade. `by` names its cause, if it is known. */
export type Upgrade =
  | { readonly kind: "passed" }
  /** The upgrade succeeds, and no frame is received. */
  | { readonly kind: "mute"; readonly by?: string }
  /** The upgrade succeeds, and the connection is closed immediately. */
  | { readonly kind: "closed"; readonly error: CulvertError; readonly by?: string }
  | { readonly kind: "refused"; readonly status: number; readonly by?: string }
  /** The reply is that to a plain GET, and an intermediary is known. */
  | { readonly kind: "stripped"; readonly status: number; readonly by: string }
  /** The same, and no intermediary is known. */
  | { readonly kind: "ignored"; readonly status: number }
  | { readonly kind: "dropped"; readonly afterMs: number; readonly by?: string }
  | { readonly kind: "broken"; readonly error: CulvertError; readonly by?: string };

/** Requests an upgrade and pings over the websocket. Sends no request to the model. */
export async function requestUpgrade(context: DoctorContext, signal: AbortSignal): Promise<Upgrade> {
  const connection = await context.connection();
  const begin = context.world.monotonic();
  let outcome: WebSocketOutcome;
  try {
    const timeoutMs = context.timeLeft(RESERVE_MS);
    ({ answer: { outcome } } = await sendUpgrade(connection, probeScope(connection), { signal, timeoutMs }));
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    const by = await intermediary(context, signal);
    const isSilent = error.code === "connect_timeout" || error.code === "header_timeout";
    return isSilent
      ? { kind: "dropped", afterMs: context.world.monotonic() - begin, ...by }
      : { kind: "broken", error, ...by };
  }
  if (outcome.kind === "refused") return await refusal(context, outcome, signal);
  const { channel } = outcome;
  try {
    await channel.ping(Math.min(PING_MS, context.timeLeft(100)));
    return { kind: "passed" };
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    const by = await intermediary(context, signal);
    return error.code === "idle_timeout" ? { kind: "mute", ...by } : { kind: "closed", error, ...by };
  } finally {
    channel.drop();
  }
}

/** Statuses that show that a server received the upgrade: it evaluated the credential or the protocol. */
const UNDERSTOOD = new Set([401, 403, 426, 429]);

/** Distinguishes a server that refuses the upgrade from one that never received it. */
async function refusal(
  context: DoctorContext,
  outcome: Extract<WebSocketOutcome, { readonly kind: "refused" }>,
  signal: AbortSignal,
): Promise<Upgrade> {
  const { status, headers } = outcome;
  const named = headers.get("via") ?? headers.get("x-squid-error") ?? undefined;
  const by = named === undefined ? await intermediary(context, signal) : { by: named };
  if (UNDERSTOOD.has(status) && named === undefined) return { kind: "refused", status };
  if (await plainStatus(context, signal) !== status) {
    return { kind: "refused", status, ...(named === undefined ? {} : by) };
  }
  return by.by === undefined ? { kind: "ignored", status } : { kind: "stripped", status, by: by.by };
}

/** Returns who can change an upgrade: the interceptor of TLS, or the proxy that forwards plain requests. */
async function intermediary(
  context: DoctorContext,
  signal: AbortSignal,
): Promise<{ readonly by?: string }> {
  const probe = await context.routeProbe(signal);
  const { route, url } = probe.attempted;
  if (url.protocol === "https:") {
    const found = await probe.interception();
    return found === undefined || found.kind === "none" ? {} : { by: commonName(found.by) };
  }
  return route.kind === "direct" ? {} : { by: `the proxy ${route.proxy.host}:${route.proxy.port}` };
}

/** Returns the status of the reply to a plain GET of the same URL. */
async function plainStatus(context: DoctorContext, signal: AbortSignal): Promise<number | undefined> {
  const connection = await context.connection();
  try {
    const request = {
      endpoint: "/responses",
      signal,
      timeoutMs: context.timeLeft(300),
      maxReplyBytes: 65_536,
    };
    return (await sendRequest(connection, probeScope(connection), request)).status;
  } catch (error) {
    // Without this reply nothing can be compared.
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
}
