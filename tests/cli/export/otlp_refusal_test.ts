import { recordSession } from "../../capture/record/sample_capture.ts";
import { startCollector } from "../../observe/otlp/collector.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

/** `google.rpc.Status` with code 3 and a message, in protobuf. */
function protobufStatus(message: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(message);
  return Uint8Array.of(0x08, 3, 0x12, text.length, ...text);
}

const protobuf = { "content-type": "application/x-protobuf" };

for (
  const [status, headers, body, ...expected] of [
    [413, {}, "the request is too large", "answered 413", "the request is too large", "limit for the size"],
    [429, { "retry-after": "900" }, "", "answered 429", "requests a delay of 900 s"],
    [400, protobuf, protobufStatus("span 3 has no name"), "answered 400", "span 3 has no name"],
    [
      401,
      {},
      '{"code":16,"message":"no access for planted-key"}',
      "no access for",
      "OTEL_EXPORTER_OTLP_HEADERS",
    ],
    [
      500,
      { "content-type": "text/html" },
      "<title>Bad Gateway</title>",
      "500 to an export of",
      'a web page "Bad Gateway"',
    ],
    [200, {}, "<!doctype html><title>Log in</title>", 'with a web page "Log in", so it is not a collector'],
    [
      307,
      { location: "https://login.example/start?x" },
      "",
      "redirects the request to https://login.example, which was",
    ],
  ] as const
) {
  Deno.test(`a collector that answers ${status} is reported with its reason and what to do: ${expected.at(-1)}`, async () => {
    await using recording = await recordSession();
    await recording.recorder.close();
    await using collector = startCollector({ answer: () => new Response(body, { status, headers }) });
    const run = await culvert(
      ["export", recording.directory, "--to", "otlp", `http://127.0.0.1:${collector.port}`],
      { env: { OTEL_EXPORTER_OTLP_HEADERS: "x-key=planted-key,Content-Type=text/plain" } },
    );
    assertEquals(run.code, status === 307 ? 5 : 7, run.stderr);
    const message = run.stderr.replace(/\s+/g, " ");
    for (const part of expected) assertIncludes(message, part);
    assertExcludes(message, "planted-key");
    assertEquals(collector.requests[0]?.headers.get("content-type"), "application/x-protobuf");
  });
}
