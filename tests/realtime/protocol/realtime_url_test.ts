import { CulvertError } from "../../../lib/errors.ts";
import { type RealtimeTarget, realtimeUrl } from "../../../lib/realtime/protocol/realtime_url.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";

/** Each base, version and query with its URL (codex client 0.171.0). */
const CASES: readonly (readonly [target: RealtimeTarget, url: string])[] = [
  [{ base: "http://127.0.0.1:8011", version: "v1" }, "ws://127.0.0.1:8011/v1/realtime?intent=quicksilver"],
  [{ base: "https://example.com/", version: "v2" }, "wss://example.com/v1/realtime"],
  [{ base: "wss://example.com", version: "v2", model: "m" }, "wss://example.com/v1/realtime?model=m"],
  [
    { base: "https://api.openai.com/v1", version: "v1", model: "m" },
    "wss://api.openai.com/v1/realtime?intent=quicksilver&model=m",
  ],
  [
    { base: "https://example.com/openai/v1/", version: "v2", model: "m" },
    "wss://example.com/openai/v1/realtime?model=m",
  ],
  [{ base: "ws://example.com/v1/realtime", version: "v2" }, "ws://example.com/v1/realtime"],
  [{ base: "wss://example.com/v1/realtime/", version: "v2" }, "wss://example.com/v1/realtime"],
  [{ base: "https://example.com/custom", version: "v2" }, "wss://example.com/custom"],
  [
    {
      base: "wss://example.com/v1/realtime?foo=a%20b",
      version: "v1",
      model: "a b",
      query: { trace: "1", intent: "other", model: "other" },
    },
    "wss://example.com/v1/realtime?foo=a%20b&intent=quicksilver&model=a%20b&trace=1",
  ],
  [
    { base: "https://example.com/v1", version: "v2", query: { model: "provider", intent: "x" } },
    "wss://example.com/v1/realtime?model=provider",
  ],
  [{ base: "https://example.com", version: "v3" }, "wss://example.com/v1/live"],
  [{ base: "https://example.com/v1/", version: "v3", model: "m" }, "wss://example.com/v1/live?model=m"],
  [{ base: "wss://example.com/a/realtime", version: "v3" }, "wss://example.com/a/live"],
  [{ base: "wss://example.com/a/live/", version: "v3" }, "wss://example.com/a/live"],
  [
    { base: "https://api.openai.com/v1", version: "v1", callId: "rtc_1", model: "m", query: { a: "b" } },
    "wss://api.openai.com/v1/realtime?intent=quicksilver&call_id=rtc_1",
  ],
  [
    { base: "https://api.openai.com/v1", version: "v2", callId: "rtc_1" },
    "wss://api.openai.com/v1/realtime?call_id=rtc_1",
  ],
  [
    { base: "https://api.openai.com/v1", version: "v3", callId: "rtc_1" },
    "wss://api.openai.com/v1/live/rtc_1",
  ],
  [
    { base: "https://api.openai.com/v1", version: "v2", intent: "transcription" },
    "wss://api.openai.com/v1/realtime?intent=transcription",
  ],
];

for (const [target, url] of CASES) {
  const { base, callId, model, version } = target;
  const asked = [
    version,
    model === undefined ? "" : "with a model",
    callId === undefined ? "" : "for a call",
  ];
  Deno.test(`the websocket of ${base} (${asked.filter((part) => part !== "").join(" ")}) is ${url}`, () => {
    assertEquals(realtimeUrl(target).href, url);
  });
}

for (const base of ["ftp://example.com", "example.com/v1", ""]) {
  Deno.test(`the base "${base}" is refused because it is not a websocket address`, () => {
    assertThrows(
      () => realtimeUrl({ base, version: "v2" }),
      (error) => error instanceof CulvertError && error.code === "config",
    );
  });
}
