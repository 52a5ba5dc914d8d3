import { plainProvider } from "../../../lib/config/builtin_providers.ts";
import { judgeUpgrade } from "../../../lib/doctor/checks/server/websocket.ts";
import type { Upgrade } from "../../../lib/doctor/transport/upgrade.ts";
import { CulvertError } from "../../../lib/errors.ts";
import type { ProxyBehavior } from "../../../lib/net/server/proxy/intercepting_proxy.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { httpServer, rawServer } from "../../net/kit.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { diagnose, finding, folder } from "../kit.ts";
import { ward } from "../network_kit.ts";

const LOOSE = { sanitizeOps: false, sanitizeResources: false };

/** Writes a provider with websockets to config.toml. */
function claiming(files: ReturnType<typeof folder>, baseUrl: string) {
  files.write(
    "config.toml",
    `[model_providers.gate]\nname = "gate"\nbase_url = "${baseUrl}"\nsupports_websockets = true\n`,
  );
  return { env: { CODEX_HOME: files.path }, flags: { provider: "gate" } };
}

Deno.test("an upgrade that succeeds is used by auto if the provider declares websockets", async () => {
  await using at = await ward();
  const { env, flags } = claiming(at.files, at.api.baseUrl);
  const report = await at.diagnose({ env, flags: { ...flags, baseUrl: at.api.baseUrl } });
  const found = finding(report, "websocket");
  assertEquals([found.status, found.details["outcome"]], ["ok", "passed"]);
  assertIncludes(found.summary, "--transport auto uses it");
});

Deno.test("an upgrade that succeeds is not used by auto if the provider declares no websockets", async () => {
  await using at = await ward();
  const found = finding(await at.diagnose(), "websocket");
  assertEquals([found.status, found.details["outcome"]], ["ok", "passed"]);
  assertIncludes(found.summary, "--transport auto uses SSE");
});

for (const status of [401, 403, 426, 500]) {
  Deno.test(`an upgrade that the server refuses with ${status} is reported as refused`, async () => {
    await using at = await ward({ handshake: { kind: "refuse", refusal: { status, body: "" } } });
    const found = finding(await at.diagnose({ flags: { transport: "ws" } }), "websocket");
    assertEquals([found.code, found.details["outcome"], found.details["status"]], [
      "websocket",
      "refused",
      status,
    ]);
  });
}

Deno.test("a failed upgrade fails the run with --transport ws, and not with auto", async () => {
  await using at = await ward({ handshake: { kind: "refuse", refusal: { status: 426, body: "" } } });
  const auto = await at.diagnose({ flags: { model: "mock-1" } });
  assertEquals([auto.exit_code, finding(auto, "websocket").status], [0, "ok"]);
  const ws = await at.diagnose({ flags: { model: "mock-1", transport: "ws" } });
  assertEquals(ws.exit_code, 5);
  assertIncludes(finding(ws, "websocket").remediation ?? "", "--transport sse");
});

Deno.test("an upgrade whose connection is cut is reported as broken", async () => {
  await using at = await ward({ handshake: { kind: "drop" } });
  const found = finding(await at.diagnose({ flags: { transport: "ws" } }), "websocket");
  assertEquals(found.details["outcome"], "broken");
});

async function through(proxy: ProxyBehavior, transport: "auto" | "ws") {
  const network = await startNetwork({ proxy });
  try {
    const { baseUrl: url, env } = network;
    return { network, report: await diagnose({ url, env, flags: { model: "mock-1", transport } }) };
  } finally {
    await network.close();
  }
}

Deno.test("an upgrade that an intercepting proxy strips is reported with the name of the interceptor", async () => {
  const { report } = await through({ websocket: "strip" }, "auto");
  const found = finding(report, "websocket");
  assertEquals([found.status, found.details["outcome"]], ["warn", "stripped"]);
  assertIncludes(found.summary, "removed on the route by Example Corp TLS Inspection");
  assertIncludes(found.summary, "uses SSE");
  assertEquals(finding(report, "models").status, "ok");
});

Deno.test({
  name:
    "an upgrade that is swallowed is reported within 5 s with the name of the interceptor, and every other check passes",
  ...LOOSE,
  fn: async () => {
    const { report } = await through({ websocket: "ignore" }, "auto");
    const found = finding(report, "websocket");
    assertEquals([found.status, found.details["outcome"]], ["warn", "dropped"]);
    assertIncludes(found.summary, "The upgrade is dropped by Example Corp TLS Inspection");
    assertEquals([finding(report, "http").status, finding(report, "models").status], ["ok", "ok"]);
    assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
  },
});

Deno.test("an upgrade that is answered like a plain GET is reported as such", async () => {
  await using server = httpServer((request) =>
    request.url.endsWith("/models")
      ? Response.json({ data: [{ id: "mock-1" }] })
      : Response.json({ error: { message: "Nothing here" } }, { status: 404 })
  );
  const flags = { model: "mock-1", transport: "ws" } as const;
  const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1`, flags });
  const found = finding(report, "websocket");
  assertEquals([found.code, found.details["outcome"]], ["websocket", "ignored"]);
  assertIncludes(found.summary, "like a plain GET (status 404)");
});

Deno.test("a Via header names the proxy that removed the upgrade", async () => {
  const via = { via: "1.1 squid.corp.example (squid/5.7)" };
  await using server = httpServer((request) =>
    request.url.endsWith("/models")
      ? Response.json({ data: [{ id: "mock-1" }] }, { headers: via })
      : Response.json({}, { status: 404, headers: via })
  );
  const flags = { model: "mock-1", transport: "ws" } as const;
  const found = finding(await diagnose({ url: `http://127.0.0.1:${server.port}/v1`, flags }), "websocket");
  assertEquals([found.details["outcome"], found.details["by"]], ["stripped", via.via]);
});

Deno.test({
  name: "an upgrade after which no frame arrives is reported as such",
  ...LOOSE,
  fn: async () => {
    await using server = await rawServer((socket) => {
      socket.on("data", async (bytes: Uint8Array) => {
        const head = new TextDecoder().decode(bytes);
        const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1];
        if (key === undefined) {
          const list = JSON.stringify({ data: [{ id: "mock-1" }] });
          socket.end(
            `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${list.length}\r\n\r\n${list}`,
          );
          return;
        }
        const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + guid));
        const accept = btoa(String.fromCharCode(...new Uint8Array(digest)));
        socket.removeAllListeners("data");
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
        );
      });
    });
    const flags = { model: "mock-1", transport: "ws" } as const;
    const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1`, flags });
    const found = finding(report, "websocket");
    assertEquals([found.code, found.details["outcome"]], ["websocket", "mute"]);
    assertIncludes(found.summary, "no frame arrives");
  },
});

Deno.test("for each result of an upgrade the check reports the decision of --transport auto", () => {
  const provider = { ...plainProvider("https://api.test/v1"), supportsWebsockets: true };
  const words = (upgrade: Upgrade) => judgeUpgrade(upgrade, { transport: "auto", provider }).summary;
  const broken = new CulvertError("reset", "The connection was cut");
  assertIncludes(words({ kind: "passed" }), "uses it");
  assertIncludes(words({ kind: "refused", status: 426 }), "uses SSE instead, immediately");
  assertIncludes(words({ kind: "refused", status: 401 }), "fails too");
  assertIncludes(words({ kind: "refused", status: 429 }), "ends the turn");
  assertIncludes(words({ kind: "stripped", status: 404, by: "squid" }), "uses SSE instead, immediately");
  assertIncludes(words({ kind: "ignored", status: 404 }), "uses SSE instead, immediately");
  assertIncludes(words({ kind: "broken", error: broken }), "uses SSE instead, immediately");
  assertIncludes(
    words({ kind: "dropped", afterMs: 2_300 }),
    "waits 2 s and then uses SSE, which later turns use immediately for one hour",
  );
  assertIncludes(words({ kind: "mute" }), "waits up to 300 s and then uses SSE");
});
