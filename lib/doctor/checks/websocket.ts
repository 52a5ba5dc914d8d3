/**
 * Can a websocket be opened, and what will `--transport auto` do?
 *
 * @module
 */
import type { Settings } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import type { WebSocketOutcome } from "../../net/websocket/websocket.ts";
import { websocketUrl } from "../../responses/request/url.ts";
import { type Check, fail, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** What the handshake asks for (codex client 0.169.0). */
const BETA = "responses_websockets=2026-02-06";
/** How long an open socket is given to answer a ping, ms. */
const PING_MS = 1_000;
/** Time kept for the ping and for telling, ms. */
const RESERVE_MS = PING_MS + 200;

/** What became of the upgrade. */
export type Upgrade =
  | { readonly kind: "passed" }
  /** Opened, and then nothing comes back. */
  | { readonly kind: "mute" }
  | { readonly kind: "refused"; readonly status: number }
  /** Answered like a plain GET, behind a middlebox that is known to be there. */
  | { readonly kind: "stripped"; readonly status: number; readonly by: string }
  /** The same, and nobody is known to stand in between. */
  | { readonly kind: "ignored"; readonly status: number }
  | { readonly kind: "dropped"; readonly afterMs: number }
  | { readonly kind: "broken"; readonly error: CulvertError };

/** The check. */
export const websocketCheck: Check<DoctorContext> = {
  id: "websocket",
  category: "websocket",
  question: "Can a websocket be opened, and what will --transport auto do?",
  network: true,
  needs: ["config", "bundle", "route", "dns", "tcp", "proxy", "tls"],
  overdue: {
    code: "websocket",
    remediation: "Use --transport sse: nothing answers the websocket upgrade in time.",
  },
  run: async (context, signal) => {
    const upgrade = await tryUpgrade(context, signal);
    return judgeUpgrade(upgrade, await context.settings());
  },
};

async function tryUpgrade(context: DoctorContext, signal: AbortSignal): Promise<Upgrade> {
  const [dialer, url, headers] = await Promise.all([
    context.dialer(),
    context.endpoint("responses"),
    context.headers(),
  ]);
  const begin = context.world.monotonic();
  let outcome: WebSocketOutcome;
  try {
    outcome = await dialer.openWebSocket({
      url: websocketUrl(url),
      headers: { "openai-beta": BETA, ...headers },
      signal,
      connectTimeoutMs: context.timeLeft(RESERVE_MS),
    });
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    if (error.code !== "connect_timeout" && error.code !== "header_timeout") return { kind: "broken", error };
    return { kind: "dropped", afterMs: context.world.monotonic() - begin };
  }
  if (outcome.kind === "refused") return await strippedOrRefused(context, outcome, signal);
  const { channel } = outcome;
  try {
    await channel.ping(Math.min(PING_MS, context.timeLeft(100)));
    return { kind: "passed" };
  } catch (error) {
    if (error instanceof CulvertError && error.code === "idle_timeout") return { kind: "mute" };
    if (error instanceof CulvertError) return { kind: "broken", error };
    throw error;
  } finally {
    channel.drop();
  }
}

/** Answers by which a server shows that it saw an upgrade: it judges the credential, or names what it wants. */
const UNDERSTOOD = new Set([401, 403, 426, 429]);

/** Tells a server that refuses from a server that never learnt of the upgrade. */
async function strippedOrRefused(
  context: DoctorContext,
  outcome: Extract<WebSocketOutcome, { readonly kind: "refused" }>,
  signal: AbortSignal,
): Promise<Upgrade> {
  const { status, headers } = outcome;
  const middlebox = headers.get("via") ?? headers.get("x-squid-error") ?? undefined;
  if (UNDERSTOOD.has(status) && middlebox === undefined) return { kind: "refused", status };
  if (await plainStatus(context, signal) !== status) return { kind: "refused", status };
  const way = await context.way(signal);
  const found = way.attempted.url.protocol === "https:" ? await way.interception() : undefined;
  const by = middlebox ?? (found === undefined || found.kind === "none" ? undefined : found.by);
  return by === undefined ? { kind: "ignored", status } : { kind: "stripped", status, by };
}

/** What the same address answers to a plain GET. */
async function plainStatus(context: DoctorContext, signal: AbortSignal): Promise<number | undefined> {
  const [dialer, url, headers] = await Promise.all([
    context.dialer(),
    context.endpoint("responses"),
    context.headers(),
  ]);
  try {
    const headerTimeoutMs = context.timeLeft(300);
    const reply = await dialer.request({ method: "GET", url, headers, signal, headerTimeoutMs });
    await reply.body?.cancel();
    return reply.status;
  } catch (error) {
    // Then there is nothing to compare with.
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
}

/**
 * Says what an upgrade's fate means for turns.
 *
 * @param settings which transport was asked for, and whether the provider claims to have websockets
 */
export function judgeUpgrade(upgrade: Upgrade, settings: Pick<Settings, "transport" | "provider">): Finding {
  const { transport, provider } = settings;
  const used = transport === "ws" || (transport === "auto" && provider.supportsWebsockets);
  const unused = transport === "sse"
    ? "--transport sse does not use it"
    : `--transport auto takes SSE all the same, for provider ${provider.id} does not claim websockets`;
  const details = {
    outcome: upgrade.kind,
    transport,
    provider_supports_websockets: provider.supportsWebsockets,
    ...("status" in upgrade ? { status: upgrade.status } : {}),
    ...("by" in upgrade ? { by: upgrade.by } : {}),
  };
  if (upgrade.kind === "passed") {
    return ok(
      `The upgrade passes and a ping is answered; ${used ? `--transport ${transport} takes it` : unused}`,
      details,
    );
  }
  const told = tell(upgrade);
  if (transport === "ws") {
    return fail("websocket", `${told}; --transport ws fails`, { details, remediation: REMEDY });
  }
  const effect = used ? `--transport auto ${fallback(upgrade, provider)}` : unused;
  // A server without websockets, for a provider that claims none, is as it should be.
  if ((upgrade.kind === "refused" || upgrade.kind === "ignored") && !used) {
    return ok(`${told}; ${effect}`, details);
  }
  return warn(`${told}; ${effect}`, { details, remediation: used ? REMEDY : ASK });
}

const ASK = "To get websockets, ask who runs the proxy to let upgrades to this host pass.";
const REMEDY =
  "Answers stream over SSE as well: --transport sse, or supports_websockets = false for the provider, " +
  `saves the attempt. ${ASK}`;

function tell(upgrade: Exclude<Upgrade, { readonly kind: "passed" }>): string {
  switch (upgrade.kind) {
    case "mute":
      return "The upgrade passes, but no frame comes back: something swallows what follows it";
    case "refused":
      return upgrade.status === 401 || upgrade.status === 403
        ? `The upgrade reaches the server, which refuses the credential (status ${upgrade.status})`
        : `The server refuses the upgrade with status ${upgrade.status}`;
    case "ignored":
      return `The upgrade is answered like a plain GET (status ${upgrade.status}): the server has no websocket ` +
        "there, or something before it strips the upgrade";
    case "stripped":
      return `The upgrade is stripped on the way by ${upgrade.by}: the server sees a plain GET and answers ${upgrade.status}`;
    case "dropped":
      return `The upgrade is silently dropped: no answer in ${(upgrade.afterMs / 1_000).toFixed(1)} s`;
    case "broken":
      return `The upgrade fails: ${upgrade.error.message}`;
  }
}

/** What a turn does after such an upgrade; the session's choice of wire has the rules. */
function fallback(
  upgrade: Exclude<Upgrade, { readonly kind: "passed" }>,
  provider: Settings["provider"],
): string {
  switch (upgrade.kind) {
    case "refused":
      if (upgrade.status === 401) return "fails with it, for SSE takes the same credential";
      return upgrade.status === 429 ? "ends the turn with it" : "takes SSE instead, at once";
    case "ignored":
    case "stripped":
    case "broken":
      return "takes SSE instead, at once";
    case "dropped":
      return `waits ${provider.websocketConnectTimeoutMs / 1_000} s and then takes SSE`;
    case "mute":
      return `waits up to ${provider.streamIdleTimeoutMs / 1_000} s and then takes SSE`;
  }
}
