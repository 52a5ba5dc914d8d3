/**
 * The faults of the demo network, and the lines that describe them.
 *
 * @module
 */
import type { Scenario } from "../../mock/api/scenario.ts";
import type { Network } from "../../mock/network.ts";
import type { ConnectAction, ProxyEvent } from "../../net/server/proxy/intercepting_proxy.ts";
import type { Bundle } from "../../trust/bundle/bundle.ts";

/** The prompt of the demo. */
export const DEMO_PROMPT = "What is a culvert?";

const ANSWER =
  "A culvert is a channel that carries a stream under whatever stands in its way: a road, a railway, a town. " +
  "The water does not argue with the obstacle and does not wait for it to go away. It is led through, whole, and " +
  "comes out on the other side as if nothing had been there. This one carries the answers of language models, and " +
  "the obstacles are proxies, private certificate authorities, expired tokens and cut connections.";

/** The model that answers in place of the requested one. */
const OTHER_MODEL = "gpt-5.2";

/** The scenarios of the API: the first stream is cut before any text, the second is complete, from another model. */
export function demoScenarios(): readonly Scenario[] {
  return [
    { ending: { kind: "cut", afterDeltas: 0 } },
    { text: ANSWER, reasoning: "The question is about hydraulics.", servedModel: OTHER_MODEL, gapMs: 8 },
  ];
}

/** Returns lines about the route and the bundle, which are known before anything is sent. */
export function describeScene(network: Network, bundle: Bundle | undefined): readonly string[] {
  const lines = [
    `the API is ${new URL(network.baseUrl).host}, a name that only the proxy at ${network.proxyUrl} knows`,
    `that proxy intercepts TLS: the API's own certificate is from "${network.apiIssuer}", ` +
    `what a client gets to see is from "${network.interceptor}"`,
  ];
  if (bundle === undefined) return lines;
  lines.push(
    `the company's bundle (${bundle.source.name}) has text dumps, comments, CRLF line ends and ` +
      `${bundle.certificates.length + bundle.skipped.length} sections`,
  );
  for (const { index, line, label, aux } of bundle.certificates) {
    const settings = aux === undefined ? "" : ", OpenSSL's trust settings cut off behind it";
    lines.push(`  line ${line}: ${label}, used as root ${index}${settings}`);
  }
  for (const { kind, line, reason } of bundle.skipped) {
    lines.push(`  line ${line}: ${kind}, skipped: ${reason}`);
  }
  return lines;
}

/** Returns a summary of what the proxy saw. */
export function describeTraffic(events: readonly ProxyEvent[]): string {
  const opened = (action: ConnectAction) =>
    events.filter((event) => event.kind === "connect" && event.action === action).length;
  const tunnels = opened("intercepted");
  const requests = events.filter((event) => event.kind === "request").length;
  return `${tunnels} tunnels intercepted, ${requests} requests read along by the proxy`;
}
