import * as http2 from "node:http2";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const EVENTS = [
  { type: "response.created", response: { id: "resp_1" } },
  { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "Hello" },
  { type: "response.completed", response: { id: "resp_1", status: "completed", output: [], usage: null } },
];

Deno.test("a server with only HTTP/2 answers over SSE, after an upgrade without a common protocol", async () => {
  const authority = await createAuthority("HTTP/2 CA");
  const { certificate, privateKey } = await authority.issue({
    commonName: "localhost",
    names: ["localhost"],
  });
  const server = http2.createSecureServer({ cert: certificate, key: privateKey, allowHTTP1: false });
  server.on("stream", (stream: http2.ServerHttp2Stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200, "content-type": "text/event-stream" });
    for (const event of EVENTS) stream.write(`data: ${JSON.stringify(event)}\n\n`);
    stream.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  const home = await Deno.makeTempDir({ prefix: "culvert-http2-" });
  try {
    if (address === null || typeof address === "string") throw new Error("The server has no port");
    await Deno.writeTextFile(join(home, "ca.pem"), authority.certificate);
    await Deno.writeTextFile(
      join(home, "config.toml"),
      `[model_providers.h2]\nname = "H2"\nbase_url = "https://localhost:${address.port}/v1"\nenv_key = "H2_KEY"\n` +
        "supports_websockets = true\n",
    );
    const { code, stdout, stderr } = await culvert(
      ["respond", "--json", "--provider", "h2", "-m", "m", "hi"],
      {
        env: { CODEX_HOME: home, CODEX_CA_CERTIFICATE: join(home, "ca.pem"), H2_KEY: "sk-h2" },
      },
    );
    assertEquals(code, 0, stdout + stderr);
    assertIncludes(stdout, '"culvert.fallback"');
    assertIncludes(stdout, "no_application_protocol");
    assertIncludes(stdout, '"delta":"Hello"');
  } finally {
    server.close();
    await Deno.remove(home, { recursive: true });
  }
});
