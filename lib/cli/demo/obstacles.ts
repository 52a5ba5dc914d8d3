/**
 * The faults of the demo network, and their descriptions.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import type { Scenario } from "../../mock/api/scenario.ts";
import type { Network } from "../../mock/network.ts";
import type { ConnectAction, ProxyEvent } from "../../net/server/proxy/intercepting_proxy.ts";
import type { Bundle } from "../../trust/bundle/bundle.ts";

/** The prompt of the demo. */
export const DEMO_PROMPT = "What is a culvert?";

const ANSWER =
  "A culvert is a channel that carries a stream under an obstacle such as a road, a railway or a town. " +
  "The water flows through the channel and comes out unchanged on the other side of the obstacle. " +
  "The program of the same name carries the answers of language models, and " +
  "the obstacles are proxies, private certificate authorities, expired tokens and cut connections.";

/** The model that answers in place of the requested one. */
const OTHER_MODEL = "gpt-5.2";

/**
 * Returns the scenarios of the API: the first stream is cut before any text, the second is complete and comes from
 * another model.
 */
export function demoScenarios(): readonly Scenario[] {
  return [
    { ending: { kind: "cut", afterDeltas: 0 } },
    { text: ANSWER, reasoning: "The question is about hydraulics.", servedModel: OTHER_MODEL, gapMs: 8 },
  ];
}

/** Describes the network and the bundle before anything is sent. */
export function describeScene(network: Network, bundle: Bundle | undefined): readonly string[] {
  const lines = [
    `the API is ${new URL(network.baseUrl).host}, a name that only the proxy at ${network.proxyUrl} resolves`,
    `that proxy intercepts TLS: the certificate of the API was issued by "${network.apiIssuer}", ` +
    `the certificate that the client receives by "${network.interceptor}"`,
  ];
  if (bundle === undefined) return lines;
  lines.push(
    `the company's bundle (${bundle.source.name}) has text dumps, comments, CRLF line ends and ` +
      `${bundle.certificates.length + bundle.skipped.length} sections`,
  );
  for (const { index, line, label, aux } of bundle.certificates) {
    const settings = aux === undefined ? "" : ", the trust settings of OpenSSL after it removed";
    lines.push(`  line ${line}: ${label}, used as root ${index}${settings}`);
  }
  for (const { kind, line, reason } of bundle.skipped) {
    lines.push(`  line ${line}: ${kind}, skipped: ${reason}`);
  }
  return lines;
}

/** Summarizes the events of the proxy. */
export function describeTraffic(events: readonly ProxyEvent[]): string {
  const opened = (action: ConnectAction) =>
    events.filter((event) => event.kind === "connect" && event.action === action).length;
  const tunnels = opened("intercepted");
  const requests = events.filter((event) => event.kind === "request").length;
  return `${plural(tunnels, "tunnel")} intercepted, ${plural(requests, "request")} decrypted by the proxy`;
}
