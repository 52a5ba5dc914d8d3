import { Coverage } from "../../../lib/capture/child/coverage.ts";
import { byteText, coverageLines } from "../../../lib/capture/child/coverage_text.ts";
import { channelHosts, channelIdOf, CHANNELS, matchesHost } from "../../../lib/capture/relay/channels.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";

/** Counts one exchange. */
function exchange(coverage: Coverage, url: string, rawHeaders: readonly string[] = []): void {
  const tap = coverage.tap({ exchangeId: 1, connectionId: 1 });
  tap.head({ direction: "request", at: 0, rawHeaders, method: "GET", url });
  tap.bytes("request", new Uint8Array(10), 0);
  tap.bytes("response", new Uint8Array(2_500), 0);
}

const URLS: readonly (readonly [url: string, upgrade: boolean, channel: string])[] = [
  ["https://api.openai.com/v1/responses", false, "model"],
  ["https://chatgpt.com/backend-api/codex/responses", true, "model_websocket"],
  ["https://chatgpt.com/backend-api/codex/models?client_version=1", false, "models"],
  ["https://api.openai.com/v1/responses/compact", false, "compaction"],
  ["https://chatgpt.com/backend-api/wham/accounts/check", false, "backend"],
  ["https://chatgpt.com/backend-api/codex/analytics-events/events", false, "analytics"],
  ["https://auth.openai.com/oauth/token", false, "oauth"],
  ["https://ab.chatgpt.com/otlp/v1/metrics", false, "metrics"],
  ["https://api.github.com/repos/openai/plugins", false, "other"],
];

for (const [url, isUpgrade, channel] of URLS) {
  Deno.test(`${isUpgrade ? "a websocket to" : ""} ${url} is of the channel ${channel}, which the table has`, () => {
    assertEquals(channelIdOf(url, isUpgrade), channel);
    assert(CHANNELS.some(({ id }) => id === channel));
  });
}

Deno.test("exchanges are counted by channel and by host, and the mode explains the rest", () => {
  const coverage = new Coverage();
  exchange(coverage, "https://api.openai.com/v1/responses", ["Upgrade", "websocket"]);
  exchange(coverage, "https://api.openai.com/v1/models");
  coverage.observe({ kind: "connect", host: "github.com", port: 443, action: "tunnelled" });
  coverage.observe({ kind: "tunnel_closed", host: "github.com", port: 443, sentBytes: 7, receivedBytes: 9 });
  coverage.observe({ kind: "connect", host: "pinned.test", port: 8443, action: "intercepted" });
  coverage.observe({
    kind: "handshake_failed",
    host: "pinned.test",
    port: 8443,
    reason: "received fatal alert: UnknownCA",
  });
  const forward = coverageLines(coverage, "forward", true);
  assertEquals(forward.slice(0, 3), [
    "channel            exchanges  sent  received",
    "model (websocket)          1  10 B    2.5 kB",
    "model list                 1  10 B    2.5 kB",
  ]);
  assertIncludes(forward.join("\n"), "configured, but not seen: model (SSE), compaction");
  assertEquals(forward.slice(-4), [
    "host              opened  tunnelled  refused  unreachable  sent  received",
    "api.openai.com         0          0        0            0  20 B    5.0 kB",
    "github.com             0          1        0            0   7 B       9 B",
    "pinned.test:8443       1          0        1            0   0 B       0 B",
  ]);
  const reverse = coverageLines(coverage, "reverse", true).join("\n");
  assertIncludes(reverse, "cannot be recorded in reverse mode: login and token refresh, metrics");
  assertExcludes(coverageLines(coverage, "forward", false).join("\n"), "not seen");
  assertExcludes(coverageLines(coverage, "reverse", false).join("\n"), "cannot be recorded");
  assertIncludes(coverageLines(coverage, "keylog", false).join("\n"), "opened  recorded  refused");
});

Deno.test("handshakes that end without an alert count against a host only while no exchange succeeded", () => {
  const coverage = new Coverage();
  const fail = () =>
    coverage.observe({ kind: "handshake_failed", host: "a.test", port: 443, reason: "socket hang up" });
  fail();
  assertEquals(coverage.isRefused("a.test", 443), false);
  fail();
  assertEquals(coverage.isRefused("a.test", 443), true);
  exchange(coverage, "https://a.test/v1/models");
  assertEquals(coverage.isRefused("a.test", 443), false);
});

Deno.test("hosts match by name, by domain or all", () => {
  assert(matchesHost(["api.openai.com"], "API.openai.com"));
  assert(matchesHost(["*.openai.com"], "a.b.openai.com"));
  assert(!matchesHost(["*.openai.com"], "openai.com"));
  assert(!matchesHost(["openai.com"], "evilopenai.com"));
  assert(!matchesHost(["*.openai.com"], "evilopenai.com"));
  assert(matchesHost(["*"], "anything.test"));
  assert(channelHosts().includes("chatgpt.com"));
});

Deno.test("bytes are written with a unit", () => {
  assertEquals([0, 999, 1_000, 999_949, 999_950, 1_500_000_000].map(byteText), [
    "0 B",
    "999 B",
    "1.0 kB",
    "999.9 kB",
    "1.0 MB",
    "1.5 GB",
  ]);
});

Deno.test("requests that were refused before they could be recorded are counted by reason", () => {
  const coverage = new Coverage();
  for (let count = 0; count < 2; count++) {
    coverage.observe({ kind: "refused_request", status: 431, reason: "The head of the request is too long" });
  }
  const text = coverageLines(coverage, "reverse", false).join(" ").replace(/\s+/g, " ");
  assertIncludes(text, "2 requests refused and not recorded: The head of the request is too long");
  assertExcludes(text, "no request was seen");
});
