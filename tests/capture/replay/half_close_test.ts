/** The fault `half-close`: the server ends its side of the connection in the middle of a stream. */
import { parseFault } from "../../../lib/capture/replay/faults.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { recordSession, requestOf } from "../record/sample_capture.ts";
import { replay } from "./replay_kit.ts";

Deno.test("half-close@2 ends a stream by FIN after two events: the body has no end, and the client can still send", async () => {
  await using recording = await recordSession({ turns: 1, gapMs: 1, socket: false });
  using capture = await recording.load();
  await using server = await replay(capture, { mode: "order", faults: [parseFault("half-close@2#2")] });
  const url = `http://127.0.0.1:${server.port}/v1/responses`;
  // The first answer of the capture is a 401.
  await (await fetch(url, { method: "POST", body: requestOf(0) })).text();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const body = requestOf(0);
  const head =
    `POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Length: ${body.length}\r\n\r\n`;
  await conn.write(new TextEncoder().encode(head + body));
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  assertEquals(text.match(/^event: /gm)?.length, 2);
  assertIncludes(text, "response.created");
  assertExcludes(text, "\r\n0\r\n\r\n");
  await conn.write(new Uint8Array([0]));
});
