/** What `export` must not write, whatever the capture was recorded with. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const FORMATS = ["har", "jsonl", "mitmproxy", "html"] as const;
const STARTED = "2026-11-27T08:00:00.000Z";

/** A key that no other place of the file holds. */
function key(place: string): string {
  return `sk-proj-${place.replaceAll(" ", "")}0123456789abcdef`;
}

const PLACES = [
  "event",
  "event type",
  "websocket message",
  "websocket type",
  "binary message",
  "close reason",
  "reason phrase",
  "binary body",
] as const;

const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

/** A HAR file, as another program writes it: nothing in it is redacted. */
function unredactedHar(): string {
  const stream = { type: `x ${key("event type")}`, delta: `my key is ${key("event")}` };
  const sent = { type: `y ${key("websocket type")}`, input: key("websocket message") };
  const entry = (url: string, response: object, more: object = {}) => ({
    startedDateTime: STARTED,
    time: 10,
    request: { method: "GET", url, httpVersion: "HTTP/1.1", headers: [] },
    response: { status: 200, statusText: "OK", httpVersion: "HTTP/1.1", headers: [], ...response },
    timings: { send: 1, wait: 1, receive: 1 },
    ...more,
  });
  const bytes = Uint8Array.of(0xff, 0xfe, ...new TextEncoder().encode(`Bearer ${key("binary body")}`));
  const entries = [
    entry("https://api.test/v1/responses", {
      statusText: `No ${key("reason phrase")}`,
      content: { size: 1, mimeType: "text/event-stream", text: `data: ${JSON.stringify(stream)}\n\n` },
    }),
    entry("https://api.test/v1/file", {
      content: { size: 1, mimeType: "image/png", encoding: "base64", text: bytes.toBase64() },
    }),
    entry("wss://api.test/v1/responses", { status: 101, content: { size: 0, mimeType: "" } }, {
      _webSocketMessages: [
        { type: "send", time: 1_795_766_400, opcode: 1, data: JSON.stringify(sent) },
        { type: "receive", time: 1_795_766_401, opcode: 2, data: base64(`Bearer ${key("binary message")}`) },
      ],
      _webSocketClose: { code: 1008, reason: `invalid key ${key("close reason")}` },
    }),
  ];
  return JSON.stringify({ log: { version: "1.2", creator: { name: "test", version: "1" }, entries } });
}

/** Returns a text with what its base64 says, since a secret is no less readable in it. */
function withDecoded(text: string): string {
  const decoder = new TextDecoder("latin1");
  const decoded = [...text.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g)].flatMap(([part]) => {
    try {
      return [decoder.decode(Uint8Array.fromBase64(part, { lastChunkHandling: "loose" }))];
    } catch {
      return [];
    }
  });
  return [text, ...decoded].join("\n");
}

for (const profile of ["safe", "share"]) {
  for (const format of FORMATS) {
    Deno.test(`export --format ${format} --redact ${profile} writes no secret of a HAR file in any place`, async () => {
      const directory = await Deno.makeTempDir({ prefix: "culvert-export-" });
      try {
        const file = join(directory, "in.har");
        await Deno.writeTextFile(file, unredactedHar());
        const run = await culvert(["export", file, "--format", format, "--redact", profile]);
        assertEquals([run.code, run.stderr], [0, ""]);
        const text = withDecoded(run.stdout);
        assertIncludes(text, "api.test");
        for (const place of PLACES) assertExcludes(text, key(place));
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    });
  }
}

Deno.test("export --format mitmproxy writes the text of a body that is marked as base64 and is none", async () => {
  const directory = await Deno.makeTempDir({ prefix: "culvert-export-" });
  try {
    const file = join(directory, "in.har");
    const content = { size: 1, mimeType: "image/png", encoding: "base64", text: "!!! no base64" };
    const har = JSON.parse(unredactedHar());
    har.log.entries[1].response.content = content;
    har.log.entries[2]._webSocketMessages[1].data = "??? no base64";
    await Deno.writeTextFile(file, JSON.stringify(har));
    const run = await culvert(["export", file, "--format", "mitmproxy"]);
    assertEquals([run.code, run.stderr], [0, ""]);
    assertIncludes(run.stdout, "!!! no base64");
    assertIncludes(run.stdout, "??? no base64");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
