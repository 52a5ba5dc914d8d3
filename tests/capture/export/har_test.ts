import { captureOfHar } from "../../../lib/capture/export/har_import.ts";
import { harOf } from "../../../lib/capture/export/har_export.ts";
import { streamBytes } from "../../../lib/capture/export/stream_text.ts";
import { requestBody } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";
import { harValidator } from "./har_kit.ts";
import { pass, record } from "../record/recording_kit.ts";
import { recordSession } from "../record/sample_capture.ts";

async function exported(options: Parameters<typeof recordSession>[0] = {}) {
  await using recording = await recordSession(options);
  using capture = await recording.load();
  return { capture, text: [...harOf(capture, { toolVersion: "1.2.3" })].join("") };
}

Deno.test("an export is valid HAR 1.2, sorted by start time, and contains the frames and events", async () => {
  const { text } = await exported();
  const har = JSON.parse(text);
  const validate = harValidator();
  assert(validate(har), JSON.stringify(validate.errors));
  const { entries } = JSON.parse(text).log;
  const starts = entries.map(({ startedDateTime }: { startedDateTime: string }) => startedDateTime);
  assertEquals(starts, starts.toSorted());
  for (const { time, timings } of entries) {
    const parts = ["blocked", "dns", "connect", "send", "wait", "receive"].map((name) =>
      Math.max(0, timings[name])
    );
    assert(Math.abs(time - parts.reduce((sum, part) => sum + part, 0)) < 0.01);
  }
  const socket = entries.find((entry: { _resourceType: string }) => entry._resourceType === "websocket");
  assertEquals(socket.request.url, "wss://chatgpt.com/backend-api/codex/responses");
  assertEquals(socket.response.status, 101);
  assertEquals(socket._webSocketMessages[0].type, "send");
  assertEquals(socket._webSocketMessages.at(-1), {
    ...socket._webSocketMessages.at(-1),
    type: "receive",
    opcode: 2,
    data: "AQID",
  });
  assertEquals(socket._webSocketClose, "aborted");
  const stream = entries.find((entry: { _resourceType: string }) => entry._resourceType === "eventsource");
  assertEquals(stream._eventSourceMessages[0].eventName, "response.created");
  assert(stream.response.content.text.startsWith("event: response.created\ndata: {"));
  assertEquals(stream.request._originalContentEncoding, "zstd");
  assert(!stream.request.headers.some(({ name }: { name: string }) => name === "content-encoding"));
  assertExcludes(text, "abcdefghijklmnop");
});

Deno.test("the mitmproxy flavor writes https URLs for websockets", async () => {
  await using recording = await recordSession();
  using capture = await recording.load();
  const text = [...harOf(capture, { toolVersion: "1", flavor: "mitmproxy" })].join("");
  assertExcludes(text, "wss://");
});

Deno.test("an exported capture that is read again has the same bodies, events and messages at the same times", async () => {
  await using recording = await recordSession();
  using capture = await recording.load();
  const again = captureOfHar("x.har", [...harOf(capture, { toolVersion: "1" })].join(""));
  assertEquals(again.exchanges.length, capture.exchanges.length);
  for (
    const [index, exchange] of capture.exchanges.toSorted((a, b) =>
      (a.request?.t_ms ?? 0) - (b.request?.t_ms ?? 0)
    ).entries()
  ) {
    const copy = again.exchanges[index];
    assert(copy !== undefined);
    assertEquals(copy.channel, exchange.channel);
    assertEquals(copy.response?.status, exchange.response?.status);
    if (requestBody(exchange)?.encoding === "utf8") {
      assertEquals(again.text(requestBody(copy)), capture.text(requestBody(exchange)));
    }
    assertEquals(again.text(copy.end?.body), capture.text(exchange.end?.body));
    assertEquals(streamBytes(copy, again.text), streamBytes(exchange, capture.text));
    assertEquals(
      copy.messages.map((message) => again.text(message)),
      exchange.messages.map((message) => capture.text(message)),
    );
    const gaps = (times: readonly number[]) =>
      times.slice(1).map((time, at) => Math.round(time - (times[at] ?? 0)));
    assertEquals(gaps(copy.events.map(({ t_ms }) => t_ms)), gaps(exchange.events.map(({ t_ms }) => t_ms)));
    assertEquals(
      gaps(copy.messages.map(({ t_ms }) => t_ms)),
      gaps(exchange.messages.map(({ t_ms }) => t_ms)),
    );
  }
});

Deno.test("a HAR of a browser without any extension is read", () => {
  const har = {
    log: {
      version: "1.2",
      creator: { name: "WebInspector", version: "537.36" },
      entries: [{
        startedDateTime: "2026-01-02T03:04:05.678Z",
        time: 120,
        request: {
          method: "POST",
          url: "https://api.openai.com/v1/responses",
          httpVersion: "h3",
          headers: [{ name: ":method", value: "POST" }],
          queryString: [],
          cookies: [],
          headersSize: -1,
          bodySize: 2,
          postData: { mimeType: "application/json", text: "{}" },
        },
        response: {
          status: 200,
          statusText: "",
          httpVersion: "h3",
          headers: [],
          cookies: [],
          content: {
            size: 40,
            mimeType: "text/event-stream",
            text: btoa("data: one\n\ndata: two\n\n"),
            encoding: "base64",
          },
          redirectURL: "",
          headersSize: -1,
          bodySize: -1,
        },
        cache: {},
        timings: { blocked: null, send: 1, wait: 100, receive: 19 },
      }],
    },
  };
  const capture = captureOfHar("browser.har", `\ufeff${JSON.stringify(har)}`);
  assertEquals(capture.exchanges[0]?.events.map((event) => capture.text(event)), ["one", "two"]);
  assertEquals(capture.exchanges[0]?.request?.headers, []);
});

Deno.test("a long stream is written in pieces, since its text and its events may be longer than a string can be", async () => {
  await using recording = await record();
  const events = Array.from({ length: 40 }, (_, index) => `data: ${index}${"x😀".repeat(30_000)}\n\n`);
  pass(recording, { responseHeaders: ["content-type", "text/event-stream"], response: events });
  pass(recording, { response: ["{}"] });
  using capture = await recording.load();
  const pieces = [...harOf(capture, { toolVersion: "1" })];
  assert(pieces.every(({ length }) => length < 1_000_000));
  const [stream, plain] = JSON.parse(pieces.join("")).log.entries;
  assertEquals(stream.response.content.text, events.join(""));
  assertEquals(stream._eventSourceMessages.length, 40);
  assertEquals(`data: ${stream._eventSourceMessages[39].data}\n\n`, events[39]);
  assertEquals(plain.response.content.text, "{}");
  assertEquals(plain._eventSourceMessages, undefined);
});
