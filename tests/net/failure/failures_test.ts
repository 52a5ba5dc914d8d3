import { isTransient } from "../../../lib/net/dialer/retry.ts";
import { createSelfSigned } from "../../../lib/pki/pki.ts";
import { startProxy } from "../../support/proxy.ts";
import { assertEquals, assertExcludes, assertIncludes, assertRejects } from "../../support/assert.ts";
import {
  CA,
  deafPort,
  dialerFor,
  everythingOf,
  failureOf,
  get,
  httpServer,
  LEAF,
  rawServer,
  textOf,
  trusting,
} from "../kit.ts";
import { CONNECTION_FAILURES, PROXY_FAILURES, TLS_FAILURES } from "./failure_cases.ts";

const localhost = { commonName: "localhost", names: ["localhost"] };

Deno.test("a rejected certificate fails with its own code, names the roots, and is not retried", async (t) => {
  for (const row of TLS_FAILURES) {
    await t.step(row.name, async () => {
      const pair = await row.pair();
      await using server = httpServer(() => new Response("never"), pair);
      using dialer = await dialerFor({
        trust: row.untrusted === true
          ? trusting()
          : trusting(CA.certificate, ...(pair.root === undefined ? [] : [pair.root])),
      });
      const url = `https://${row.host ?? "localhost"}:${server.port}`;
      const error = await failureOf(dialer.request(get(`${url}/secret-path?secret-query`)));
      assertEquals(error.code, row.code, error.message);
      assertEquals(error.exitStatus, 3);
      assertIncludes(error.message, row.says);
      assertIncludes(error.message, `${row.host ?? "localhost"}:${server.port}`);
      assertIncludes(error.message, "directly, because no proxy is set");
      assertIncludes(error.message, "trusted roots: ");
      assertIncludes(error.hint ?? "", `culvert doctor ${url}`);
      assertExcludes(everythingOf(error), "secret-");
      assertEquals(isTransient({ kind: "error", error }), false);
    });
  }
});

Deno.test("a self-signed server certificate can be its own root", async () => {
  const pair = await createSelfSigned(localhost);
  await using server = httpServer(() => new Response("ok"), pair);
  using dialer = await dialerFor({ trust: trusting(pair.certificate) });
  assertEquals(await textOf(await dialer.request(get(`https://localhost:${server.port}/`))), "ok");
});

Deno.test("each failure below TLS has its own code", async (t) => {
  for (const row of CONNECTION_FAILURES) {
    await t.step(row.name, async () => {
      await using server = await rawServer((socket) =>
        socket.once("data", () => socket.end(row.answer ?? ""))
      );
      using dialer = await dialerFor();
      const url = row.url(server.port);
      const error = await failureOf(dialer.request(get(url)));
      assertEquals(error.code, row.code, error.message);
      assertIncludes(error.message, row.says);
      assertIncludes(error.message, new URL(url).host);
      if (row.hint !== undefined) assertIncludes(error.hint ?? "", row.hint);
      assertEquals(isTransient({ kind: "error", error }), row.isRetried);
    });
  }
});

Deno.test("a truncated body is reported as a cut connection, with each framing", async (t) => {
  for (const head of ["Content-Length: 100", "Transfer-Encoding: chunked"]) {
    await t.step(head, async () => {
      await using server = await rawServer((socket) =>
        socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n3\r\nabc\r\n`))
      );
      using dialer = await dialerFor();
      const reply = await dialer.request(get(`http://localhost:${server.port}/`));
      const error = await failureOf(textOf(reply));
      assertEquals(error.code, "reset");
      assertIncludes(error.message, `localhost:${server.port}`);
    });
  }
});

Deno.test("each failure of a proxy has its own code, is marked as permanent or temporary, and never shows the password", async (t) => {
  await using server = httpServer(() => new Response("never"), LEAF);
  for (const row of PROXY_FAILURES) {
    for (const scheme of row.schemes) {
      await t.step(`${scheme}: ${row.name}`, async () => {
        await using proxy = await startProxy({
          ...(row.fault === undefined ? {} : { fault: row.fault }),
          ...(row.credentials === undefined ? {} : { credentials: row.credentials }),
          ...(scheme === "https" ? { tls: LEAF } : {}),
        });
        const port = row.deaf === true ? deafPort() : proxy.port;
        using dialer = await dialerFor({
          env: { ALL_PROXY: `${scheme}://zora:hunter%402@127.0.0.1:${port}` },
        });
        const target = row.plain === true ? "http://api.test/" : `https://api.test:${server.port}/`;
        const error = await failureOf(dialer.request(get(target)));
        assertEquals(error.code, row.code, error.message);
        assertEquals(error.exitStatus, 5);
        assertIncludes(error.message, row.says);
        assertIncludes(error.message, `${scheme}://***@127.0.0.1:${port} from ALL_PROXY`);
        assertIncludes(error.message, "api.test");
        assertIncludes(error.hint ?? "", "culvert doctor http");
        if (row.hint !== undefined) assertIncludes(error.hint ?? "", row.hint);
        for (const secret of ["hunter", "zora", btoa("zora:hunter@2")]) {
          assertExcludes(everythingOf(error), secret);
        }
        assertEquals(isTransient({ kind: "error", error }), row.isRetried ?? false);
      });
    }
  }
});

Deno.test("a TLS proxy is verified with the same roots", async () => {
  await using proxy = await startProxy({ tls: LEAF });
  using dialer = await dialerFor({ proxy: `https://localhost:${proxy.port}`, trust: trusting() });
  const error = await failureOf(dialer.request(get("https://api.test/")));
  assertEquals(error.code, "tls_unknown_issuer");
});

Deno.test("an abort throws the signal's reason before, during and after the headers", async () => {
  await using server = httpServer((request) =>
    request.url.endsWith("/stall") ? new Promise<Response>(() => {}) : new Response(new ReadableStream({}))
  );
  using dialer = await dialerFor();
  const reason = new Error("enough");
  const assertReason = (promise: Promise<unknown>) =>
    assertRejects(promise, (error: unknown) => error === reason);
  await assertReason(dialer.request(get("http://localhost/", { signal: AbortSignal.abort(reason) })));
  const during = new AbortController();
  const waiting = dialer.request(get(`http://localhost:${server.port}/stall`, { signal: during.signal }));
  during.abort(reason);
  await assertReason(waiting);
  const after = new AbortController();
  const reply = await dialer.request(get(`http://localhost:${server.port}/`, { signal: after.signal }));
  const reading = textOf(reply);
  after.abort(reason);
  await assertReason(reading);
});

Deno.test("an invalid header is named in the error without its value", async () => {
  using dialer = await dialerFor();
  const error = await failureOf(
    dialer.request(get("http://localhost/", { headers: { authorization: "Bearer tok-123\nx" } })),
  );
  assertEquals(error.code, "config");
  assertIncludes(error.message, '"authorization"');
  assertExcludes(everythingOf(error), "tok-123");
});

Deno.test("a silent server fails after the header timeout, a slow body does not", async () => {
  await using server = httpServer((request) => {
    if (request.url.endsWith("/stall")) return new Promise<Response>(() => {});
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 400));
          controller.enqueue(new TextEncoder().encode("late"));
          controller.close();
        },
      }),
    );
  });
  using dialer = await dialerFor();
  const error = await failureOf(
    dialer.request(get(`http://localhost:${server.port}/stall`, { headerTimeoutMs: 100 })),
  );
  assertEquals(error.code, "header_timeout");
  const reply = await dialer.request(get(`http://localhost:${server.port}/`, { headerTimeoutMs: 200 }));
  assertEquals(await textOf(reply), "late");
});
