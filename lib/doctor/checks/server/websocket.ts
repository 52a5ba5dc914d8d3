/**
 * Checks that a websocket can be opened, and says what `--transport auto` does.
 *
 * @module
 */
import type { Settings } from "../../../config/settings.ts";
import { type Check, fail, type Finding, ok, warn } from "../../check.ts";
import { UPGRADE_TIMEOUT_MS } from "../../../responses/transport/transport_policy.ts";
import type { DoctorContext } from "../../context.ts";
import { requestUpgrade, type Upgrade } from "../../transport/upgrade.ts";

/** The check. */
export const websocketCheck: Check<DoctorContext> = {
  id: "websocket",
  category: "websocket",
  question: "Can a websocket be opened, and what does --transport auto do?",
  network: true,
  needs: ["config", "bundle", "route", "dns", "tcp", "proxy", "tls"],
  overdue: {
    code: "websocket",
    remediation: "Use --transport sse: the websocket upgrade is not answered in time.",
  },
  next: async ({ commands }) => (await commands()).respond({ transport: "sse" }),
  run: async (context, signal) => {
    const upgrade = await requestUpgrade(context, signal);
    return judgeUpgrade(upgrade, await context.settings());
  },
};

/** An upgrade after which no turn can use the websocket. */
type FailedUpgrade = Exclude<Upgrade, { readonly kind: "passed" }>;

/**
 * Judges what the result of an upgrade means for turns.
 *
 * @param settings the transport that was requested, and whether the provider supports websockets
 */
export function judgeUpgrade(upgrade: Upgrade, settings: Pick<Settings, "transport" | "provider">): Finding {
  const { transport, provider } = settings;
  const isUsed = transport === "ws" || (transport === "auto" && provider.supportsWebsockets);
  const unused = transport === "sse"
    ? "--transport sse does not use it"
    : `--transport auto uses SSE, because the provider ${provider.id} does not support websockets`;
  const details = {
    outcome: upgrade.kind,
    transport,
    provider_supports_websockets: provider.supportsWebsockets,
    ...("status" in upgrade ? { status: upgrade.status } : {}),
    ...("by" in upgrade && upgrade.by !== undefined ? { by: upgrade.by } : {}),
  };
  if (upgrade.kind === "passed") {
    return ok(
      `The upgrade succeeds and a ping is answered; ${isUsed ? `--transport ${transport} uses it` : unused}`,
      details,
    );
  }
  const summary = describe(upgrade);
  if (transport === "ws") {
    return fail("websocket", `${summary}; --transport ws fails`, { details, remediation: REMEDY });
  }
  const effect = isUsed ? `--transport auto ${fallback(upgrade, provider)}` : unused;
  // A server without websockets is in order for a provider that claims none.
  if ((upgrade.kind === "refused" || upgrade.kind === "ignored") && !isUsed) {
    return ok(`${summary}; ${effect}`, details);
  }
  return warn(`${summary}; ${effect}`, { details, remediation: isUsed ? REMEDY : ASK });
}

const ASK = "To use websockets, ask your network team to allow upgrades (wss) to this host in the proxy.";
const REMEDY =
  "Answers also stream over SSE: --transport sse, or supports_websockets = false for the provider, " +
  `avoids the attempt. ${ASK}`;

function describe(upgrade: FailedUpgrade): string {
  const by = "by" in upgrade && upgrade.by !== undefined ? ` by ${upgrade.by}` : "";
  switch (upgrade.kind) {
    case "mute":
      return `The upgrade succeeds, but no frame arrives: frames are dropped${by || " on the route"}`;
    case "closed":
      return `The upgrade succeeds, but the websocket is closed immediately${by}: ${upgrade.error.message}`;
    case "refused":
      return upgrade.status === 401 || upgrade.status === 403
        ? `The upgrade reaches the server, which refuses the credential (status ${upgrade.status})`
        : `The upgrade is refused${by || " by the server"} with status ${upgrade.status}`;
    case "ignored":
      return `The upgrade is answered like a plain GET (status ${upgrade.status}): the server has no websocket ` +
        "there, or a proxy removes the upgrade";
    case "stripped":
      return `The upgrade is removed on the route by ${upgrade.by}: the server receives a plain GET and answers ` +
        upgrade.status;
    case "dropped":
      return `The upgrade is dropped${by || " on the route"}: no answer within ${
        (upgrade.afterMs / 1_000).toFixed(1)
      } s`;
    case "broken":
      return `The upgrade fails${by}: ${upgrade.error.message}`;
  }
}

/** Returns what a turn with `--transport auto` does; the session decides it by the same rules. */
function fallback(upgrade: FailedUpgrade, provider: Settings["provider"]): string {
  switch (upgrade.kind) {
    case "refused":
      if (upgrade.status === 401) return "fails too, because SSE uses the same credential";
      return upgrade.status === 429 ? "ends the turn with it" : "uses SSE instead, immediately";
    case "closed":
    case "ignored":
    case "stripped":
    case "broken":
      return "uses SSE instead, immediately";
    case "dropped":
      return `waits ${
        Math.min(UPGRADE_TIMEOUT_MS, provider.websocketConnectTimeoutMs) / 1_000
      } s and then uses SSE, ` +
        "which later turns use immediately for one hour";
    case "mute":
      return `waits up to ${provider.streamIdleTimeoutMs / 1_000} s and then uses SSE`;
  }
}
