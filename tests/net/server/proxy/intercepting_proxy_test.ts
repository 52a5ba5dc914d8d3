import * as http from "node:http";
import type * as net from "node:net";
import * as tls from "node:tls";
import { WebSocket } from "ws";
import {
  type InterceptingProxyOptions,
  type ProxyEvent,
  startInterceptingProxy,
} from "../../../../lib/net/server/proxy/intercepting_proxy.ts";
import { localUpstream } from "../../../../lib/net/server/forward/local_upstream.ts";
import { type MockApi, startMockApi } from "../../../../lib/mock/api/api.ts";
import { type Authority, createAuthority } from "../../../../lib/pki/pki.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../../../support/assert.ts";

const HOST = "api.example.test";
const URL_OF_API = `https://${HOST}/v1`;
const POST = {
  method: "POST",
  headers: { authorization: "Bearer sk-test", "content-type": "application/json" },
  body: JSON.stringify({ model: "gpt-5.2", input: [] }),
};

interface Scene {
  readonly api: MockApi;
  readonly proxy: { readonly port: number; readonly events: readonly ProxyEvent[] };
  readonly corporate: Authority;
  readonly client: Deno.HttpClient;
  readonly issued: string[];
}

/** Starts an API that only the proxy can resolve, and a client that trusts only the company. */
async function scene(
  options: Partial<InterceptingProxyOptions> & { intercept: boolean; originRoots?: readonly string[] },
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const { intercept, originRoots, ...rest } = options;
  const api = await startMockApi({ names: [HOST] });
  const corporate = await createAuthority("Corporate CA");
  const issued: string[] = [];
  const events: ProxyEvent[] = [];
  const running = await startInterceptingProxy({
    upstream: localUpstream({
      roots: originRoots ?? [api.authority.certificate],
      resolve: () => ({ host: "127.0.0.1", port: api.port }),
    }),
    ...(intercept
      ? {
        interception: {
          issue: (host: string) => {
            issued.push(host);
            return corporate.issue({ commonName: host, names: [host] });
          },
        },
      }
      : {}),
    ...rest,
    observe: (event) => {
      events.push(event);
      rest.observe?.(event);
    },
  });
  const client = Deno.createHttpClient({
    caCerts: [intercept ? corporate.certificate : api.authority.certificate],
    proxy: { url: `http://127.0.0.1:${running.port}` },
  });
  try {
    await run({ api, proxy: { port: running.port, events }, corporate, client, issued });
  } finally {
    client.close();
    await running.close();
    await api.close();
  }
}

Deno.test("an intercepted stream arrives event by event, under the interceptor's certificate", async () => {
  await scene({ intercept: true }, async ({ api, proxy, client, issued }) => {
    const replies = await Promise.all(
      [1, 2, 3].map(async () => (await fetch(`${URL_OF_API}/responses`, { client, ...POST })).text()),
    );
    for (const text of replies) assertIncludes(text, '"type":"response.completed"');
    assertEquals(issued, [HOST]);
    assertEquals(api.log.turns.length, 3);
    assertEquals(api.log.turns[0]?.headers["host"], HOST);
    assert(proxy.events.some((event) => event.kind === "connect" && event.action === "intercepted"));
  });
});

/**
 * Reads the answer to one turn whose stream stalls after two deltas.
 *
 * @returns the deltas read before the limit
 */
async function deltasOfStalledTurn(api: MockApi, client: Deno.HttpClient, limitMs: number): Promise<number> {
  api.enqueue({ text: "one two three four", ending: { kind: "stall", afterDeltas: 2 } });
  const stop = AbortSignal.timeout(limitMs);
  let text = "";
  try {
    const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST, signal: stop });
    for await (const piece of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      if ((text.match(/"response\.output_text\.delta"/g)?.length ?? 0) >= 2) break;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return text.match(/"response\.output_text\.delta"/g)?.length ?? 0;
}

Deno.test("events arrive through the interceptor before the stream has ended", async () => {
  await scene({ intercept: true }, async ({ api, client }) => {
    assertEquals(await deltasOfStalledTurn(api, client, 30_000), 2);
  });
});

Deno.test("a buffering interceptor delivers the events only at the end of the stream", async () => {
  await scene({ intercept: true, bufferEventStreams: true }, async ({ api, client }) => {
    assertEquals(await deltasOfStalledTurn(api, client, 1_000), 0);
    const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST });
    assertIncludes(await reply.text(), '"type":"response.completed"');
  });
});

Deno.test("a client that does not trust the company CA gets a TLS error, and the proxy detects it", async () => {
  const noticed = Promise.withResolvers<string>();
  const observe = (event: ProxyEvent) => {
    if (event.kind === "handshake_failed") noticed.resolve(event.host);
  };
  await scene({ intercept: true, observe }, async ({ api, proxy }) => {
    const stranger = Deno.createHttpClient({
      caCerts: [api.authority.certificate],
      proxy: { url: `http://127.0.0.1:${proxy.port}` },
    });
    await assertRejects(
      () => fetch(`${URL_OF_API}/models`, { client: stranger }),
      (error: Error) => /UnknownIssuer|invalid peer certificate/.test(`${error.message} ${error.cause}`),
    );
    stranger.close();
    assertEquals(await noticed.promise, HOST);
    assertEquals(api.log.all.length, 0);
  });
});

Deno.test("a tunnelling proxy presents the origin's own certificate", async () => {
  await scene({ intercept: false }, async ({ proxy, client }) => {
    const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST });
    assertIncludes(await reply.text(), '"type":"response.completed"');
    assertEquals(proxy.events[0], { kind: "connect", host: HOST, port: 443, action: "tunnelled" });
  });
});

Deno.test("a proxy that requires a password rejects requests without it and accepts requests with it", async () => {
  const credentials = { username: "anna", password: "pa ß:wort" };
  await scene({ intercept: true, credentials }, async ({ proxy, corporate, client }) => {
    await assertRejects(() => fetch(`${URL_OF_API}/models`, { client }));
    const known = Deno.createHttpClient({
      caCerts: [corporate.certificate],
      proxy: {
        url: `http://127.0.0.1:${proxy.port}`,
        basicAuth: { username: credentials.username, password: credentials.password },
      },
    });
    const reply = await fetch(`${URL_OF_API}/responses`, { client: known, ...POST });
    assertEquals(reply.status, 200);
    await reply.text();
    known.close();
    const actions = proxy.events.flatMap((event) => event.kind === "connect" ? [event.action] : []);
    assertEquals(actions[0], "unauthorized");
    assertEquals(actions.at(-1), "intercepted");
  });
});

Deno.test("a blocked host is rejected before anything is sent to it", async () => {
  await scene({ intercept: true, blocked: [HOST] }, async ({ api, client }) => {
    await assertRejects(() => fetch(`${URL_OF_API}/models`, { client }));
    assertEquals(api.log.all.length, 0);
  });
});

Deno.test("a connection that the origin cuts reaches the client of the interceptor as an incomplete response", async () => {
  await scene({ intercept: true }, async ({ api, client }) => {
    api.enqueue({ ending: { kind: "cut", afterDeltas: 2 } });
    const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST });
    await assertRejects(() => reply.text());
  });
});

Deno.test("the origin of an interceptor sees that the client has left", async () => {
  await scene({ intercept: true }, async ({ api, client }) => {
    api.enqueue({ ending: { kind: "stall", afterDeltas: 1 } });
    const leave = new AbortController();
    const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST, signal: leave.signal });
    const [turn] = await api.log.waitFor(1, (request) => request.method === "POST");
    const gone = new Promise((resolve) => turn?.clientGone.addEventListener("abort", resolve));
    leave.abort();
    await assertRejects(() => reply.text());
    await gone;
  });
});

Deno.test("an origin whose certificate the interceptor does not trust causes a 502", async () => {
  const other = await createAuthority("Another CA");
  await scene({ intercept: true, originRoots: [other.certificate] }, async ({ client }) => {
    const reply = await fetch(`${URL_OF_API}/models`, { client });
    assertEquals(reply.status, 502);
    assertIncludes(await reply.text(), HOST);
  });
});

interface Talk {
  readonly outcome: string;
  readonly frames: number;
  readonly deflate: boolean;
}

/** Opens TLS with the API through the proxy with a client of Node, without code of this program. */
async function tunnelTo(proxyPort: number, ca: string): Promise<tls.TLSSocket> {
  const socket = await new Promise<net.Socket>((resolve, reject) => {
    http.request({ host: "127.0.0.1", port: proxyPort, method: "CONNECT", path: `${HOST}:443` })
      .once("connect", (_reply, socket) => resolve(socket))
      .once("error", reject)
      .end();
  });
  return tls.connect({ socket, servername: HOST, ca: [ca] });
}

async function talk(proxyPort: number, ca: string, limitMs = 10_000): Promise<Talk> {
  const tunnel = await tunnelTo(proxyPort, ca);
  return await new Promise((resolve) => {
    const socket = new WebSocket(`wss://${HOST}/v1/responses`, {
      createConnection: () => tunnel,
      headers: { authorization: "Bearer sk-test" },
    });
    let frames = 0;
    const late = setTimeout(() => end("timed out"), limitMs);
    const end = (outcome: string) => {
      clearTimeout(late);
      resolve({ outcome, frames, deflate: socket.extensions.includes("permessage-deflate") });
      socket.on("error", () => {});
      socket.terminate();
    };
    socket.on(
      "open",
      () => socket.send(JSON.stringify({ type: "response.create", model: "gpt-5.2", input: [] })),
    );
    socket.on("message", (data) => {
      frames++;
      if (String(data).includes('"response.completed"')) end("completed");
    });
    socket.on("unexpected-response", (_request, message) => end(`refused ${message.statusCode}`));
    socket.on("error", (error) => end(error.message));
    socket.on("close", (code) => end(`closed ${code}`));
  });
}

Deno.test("a websocket passes through the interceptor with its compression", async () => {
  await scene({ intercept: true }, async ({ proxy, corporate }) => {
    const { outcome, frames, deflate } = await talk(proxy.port, corporate.certificate);
    assertEquals(outcome, "completed");
    assert(frames > 10 && deflate);
  });
});

Deno.test("a socket that the origin cuts is cut for the client without a close frame", async () => {
  await scene({ intercept: true }, async ({ api, proxy, corporate }) => {
    api.enqueue({ ending: { kind: "cut", afterDeltas: 1 } });
    assertEquals((await talk(proxy.port, corporate.certificate)).outcome, "closed 1006");
  });
});

Deno.test("a removed upgrade reaches the origin as a plain GET, and the client gets its 404", async () => {
  await scene({ intercept: true, websocket: "strip" }, async ({ api, proxy, corporate }) => {
    assertEquals((await talk(proxy.port, corporate.certificate)).outcome, "refused 404");
    assertEquals(api.handshakes(), 0);
    assertEquals(api.log.all[0]?.method, "GET");
  });
});

Deno.test("an upgrade that the proxy drops silently gets no answer", async () => {
  await scene({ intercept: true, websocket: "ignore" }, async ({ api, proxy, corporate }) => {
    assertIncludes((await talk(proxy.port, corporate.certificate, 300)).outcome, "timed out");
    assertEquals(api.log.all.length, 0);
  });
});

Deno.test("a proxy with its own certificate is reached over https", async () => {
  const authority = await createAuthority("Proxy CA");
  const identity = await authority.issue({ commonName: "localhost", names: ["localhost"] });
  await scene({ intercept: false, identity }, async ({ api, proxy }) => {
    const client = Deno.createHttpClient({
      caCerts: [authority.certificate, api.authority.certificate],
      proxy: { url: `https://localhost:${proxy.port}` },
    });
    const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST });
    assertEquals(reply.status, 200);
    await reply.text();
    client.close();
  });
});

Deno.test("a plain http request is also forwarded by the proxy", async () => {
  const plain = await startMockApi({ plain: true });
  const events: ProxyEvent[] = [];
  const proxy = await startInterceptingProxy({
    upstream: localUpstream({ resolve: () => ({ host: "127.0.0.1", port: plain.port }) }),
    observe: (event) => events.push(event),
  });
  const client = Deno.createHttpClient({ proxy: { url: `http://127.0.0.1:${proxy.port}` } });
  const reply = await fetch(`http://plain.example.test/v1/responses`, { client, ...POST });
  assertIncludes(await reply.text(), '"type":"response.completed"');
  assertEquals(events, [
    { kind: "request", host: "plain.example.test", method: "POST", path: "/v1/responses", upgrade: false },
  ]);
  client.close();
  await proxy.close();
  await plain.close();
});

Deno.test("a certificate that cannot be issued causes a 502 for its host, and is tried again later", async () => {
  const corporate = await createAuthority("Corporate CA");
  let failures = 1;
  const interception = {
    issue: (host: string) =>
      failures-- > 0
        ? Promise.reject(new Error("out of serial numbers"))
        : corporate.issue({ commonName: host, names: [host] }),
  };
  await scene({ intercept: true, interception }, async ({ proxy }) => {
    const client = Deno.createHttpClient({
      caCerts: [corporate.certificate],
      proxy: { url: `http://127.0.0.1:${proxy.port}` },
    });
    await assertRejects(() => fetch(`${URL_OF_API}/responses`, { client, ...POST }));
    assertIncludes(JSON.stringify(proxy.events), "out of serial numbers");
    const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST });
    assertEquals(reply.status, 200);
    await reply.text();
    client.close();
  });
});

Deno.test("the proxy sets no time limit on a connection that a client keeps for its next request", async () => {
  await scene({ intercept: true }, async ({ proxy, corporate }) => {
    const tunnel = await tunnelTo(proxy.port, corporate.certificate);
    let text = "";
    tunnel.on("data", (chunk) => text += chunk);
    tunnel.write(`GET /v1/models HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer sk-test\r\n\r\n`);
    while (!text.endsWith("0\r\n\r\n")) await new Promise((resolve) => tunnel.once("data", resolve));
    assertEquals(/^keep-alive:/im.test(text), false);
    tunnel.destroy();
  });
});

/** Bytes sent through a fresh CONNECT, and the socket dropped after `answer` bytes came back. */
async function abuse(port: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`));
  await socket.read(new Uint8Array(64));
  await socket.write(bytes);
  socket.close();
}

Deno.test("garbage, incomplete handshakes and clients that leave do not disturb other clients or leave connections open", async () => {
  await scene({ intercept: true }, async ({ api, proxy, client }) => {
    const garbage = crypto.getRandomValues(new Uint8Array(200));
    // The first bytes of a ClientHello, and then nothing.
    const half = Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01);
    const good = async () => {
      const text = await (await fetch(`${URL_OF_API}/responses`, { client, ...POST })).text();
      assertIncludes(text, '"type":"response.completed"');
    };
    const leave = async () => {
      const stop = new AbortController();
      const reply = await fetch(`${URL_OF_API}/responses`, { client, ...POST, signal: stop.signal });
      stop.abort();
      await assertRejects(() => reply.text());
    };
    for (let round = 0; round < 15; round++) {
      await Promise.all([abuse(proxy.port, garbage), abuse(proxy.port, half), leave(), good(), good()]);
    }
    await good();
    // The proxy closes its connections when the other side closes; a leak would remain open.
    const limit = performance.now() + 20_000;
    while (api.connections() > 0 && performance.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(api.connections(), 0);
  });
});
