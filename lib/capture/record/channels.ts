/**
 * Which part of an LLM client an exchange belongs to, by the path of its URL, and the header fields that are lifted
 * into the tags of a record. Paths and names as observed with codex 0.171.0.
 *
 * @module
 */
import type { HeaderPair, Tags } from "./format.ts";

/** Channels by a pattern of the path; the first that matches counts. */
const CHANNELS: readonly (readonly [channel: string, path: RegExp])[] = [
  ["compaction", /\/responses\/compact$/],
  ["memories", /\/memories\//],
  ["realtime", /\/realtime(\/|$)/],
  ["model", /\/(responses|chat\/completions|messages)$/],
  ["models", /\/models(\/|$)/],
  ["turn-costs", /\/analytics\/codex\/turn-costs$/],
  ["analytics", /\/codex\/analytics-events\//],
  ["mcp", /\/ps\/mcp(\/|$)|\/mcp$/],
  ["plugin-export", /\/plugins\/export\//],
  ["plugins", /\/(ps\/)?plugins\//],
  ["connectors", /\/connectors\//],
  ["remote-control", /\/wham\/remote\/control\//],
  ["backend", /\/wham\/|\/api\/codex\/|\/environment-configs$/],
  ["oauth", /\/oauth\/|\/oauth2\/|\/\.well-known\/(openid|oauth)/],
  ["metrics", /\/otlp\/v1\/metrics$/],
  ["otlp", /\/v1\/(traces|logs|metrics)$/],
  ["images", /\/images\//],
  ["search", /\/search(\/|$)/],
  ["files", /\/files(\/|$)/],
  ["audio", /\/audio\//],
];

/** Returns the channel of a URL; `other` for traffic that is not of an LLM client. */
export function channelOf(url: string): string {
  const path = URL.parse(url)?.pathname ?? url;
  return CHANNELS.find(([, pattern]) => pattern.test(path))?.[0] ?? "other";
}

/** Tells whether an exchange is with an OAuth endpoint. */
export function isOAuth(channel: string): boolean {
  return channel === "oauth";
}

const LIFTED: ReadonlySet<string> = new Set([
  "x-client-request-id",
  "session_id",
  "session-id",
  "thread-id",
  "x-openai-subagent",
  "openai-beta",
  "originator",
  "version",
  "accept-encoding",
  "oai-product-sku",
  "x-openai-product-sku",
  "x-openai-internal-codex-responses-lite",
  "x-openai-internal-tool-call-id",
  "x-responsesapi-include-timing-metrics",
  "x-oai-attestation",
  "chatgpt-account-id",
  "content-encoding",
  "retry-after",
  "x-request-id",
  "x-oai-request-id",
  "cf-ray",
  "openai-model",
  "x-models-etag",
  "x-reasoning-included",
]);

/**
 * Returns the tags of a message: its lifted header fields, in lower case.
 *
 * @param headers after redaction
 */
export function headerTags(headers: readonly HeaderPair[]): Tags | undefined {
  const tags: Record<string, string> = {};
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (LIFTED.has(lower) || lower.startsWith("x-codex-")) tags[lower] = value;
  }
  return Object.keys(tags).length === 0 ? undefined : tags;
}
