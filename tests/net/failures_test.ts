import type { ErrorCode } from "../../lib/errors.ts";
import { isTransient } from "../../lib/net/retry.ts";
import { createSelfSigned, type KeyPairPem } from "../../lib/mock/pki.ts";
import type { TrustStore } from "../../lib/trust/trust_store.ts";
import { type ProxyFault, startProxy } from "../support/proxy.ts";
import { assertEquals, assertExcludes, assertIncludes, assertRejects } from "../support/assert.ts";
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
} from "./kit.ts";
import { signedByRsa } from "./odd_certificates.ts";

const HOUR_MS = 3_600_000;

interface TlsRow {
  readonly name: string;
  readonly pair: () => Promise<KeyPairPem & { readonly root?: string }>;
  readonly code: ErrorCode;
  readonly says: string;
  readonly trust?: TrustStore;
  readonly host?: string;
}

const localhost = { commonName: "localhost", names: ["localhost"] };
const TLS_ROWS: readonly TlsRow[] = [
  {
    name: "an issuer that is not trusted",
    pair: () => Promise.resolve(LEAF),
    trust: trusting(),
    code: "tls_unknown_issuer",
    says: "not among the roots in force",
  },
  {
    name: "a missing intermediate",
    pair: async () => await (await CA.intermediate("Middle")).issue(localhost),
    code: "tls_unknown_issuer",
    says: "not among the roots in force",
  },
  {
    name: "another name",
    pair: () => CA.issue({ commonName: "x", names: ["other.example"] }),
    code: "tls_name_mismatch",
    says: "for another name",
  },
  {
    name: "an address that is not in the certificate",
    pair: () => CA.issue(localhost),
    host: "127.0.0.1",
    code: "tls_name_mismatch",
    says: "for another name",
  },
  {
    name: "an expired certificate",
    pair: () =>
      CA.issue({ ...localhost, notBefore: Date.now() - 9 * HOUR_MS, notAfter: Date.now() - HOUR_MS }),
    code: "tls_expired",
    says: "expired",
  },
  {
    name: "a certificate of tomorrow",
    pair: () => CA.issue({ ...localhost, notBefore: Date.now() + 24 * HOUR_MS }),
    code: "tls_not_yet_valid",
    says: "by the clock of this machine",
  },
  {
    name: "no subjectAltName",
    pair: () => CA.issue({ commonName: "localhost" }),
    code: "tls_bad_certificate",
    says: "no subjectAltName",
  },
  {
    name: "a certificate for clients",
    pair: () => CA.issue({ ...localhost, usages: ["1.3.6.1.5.5.7.3.2"] }),
    code: "tls_bad_certificate",
    says: "not meant for servers",
  },
  {
    name: "a CA certificate as the server's own",
    pair: async () => {
      const pair = await createSelfSigned({ ...localhost, isCa: true });
      return { ...pair, root: pair.certificate };
    },
    code: "tls_ca_as_leaf",
    says: "CA:TRUE",
  },
  {
    name: "an issuer with RSA below 2048 bits",
    pair: () => signedByRsa(1024, "SHA-256"),
    code: "tls_bad_certificate",
    says: "below 2048 bits",
  },
  {
    name: "a signature with SHA-1",
    pair: () => signedByRsa(2048, "SHA-1"),
    code: "tls_bad_certificate",
    says: "SHA-1",
  },
];

Deno.test("a certificate that is refused is refused by its own code, roots named, without a retry", async (t) => {
  for (const row of TLS_ROWS) {
    await t.step(row.name, async () => {
      const pair = await row.pair();
      await using server = httpServer(() => new Response("never"), pair);
      using dialer = await dialerFor({
        trust: row.trust ?? trusting(CA.certificate, ...(pair.root === undefined ? [] : [pair.root])),
      });
      const url = `https://${row.host ?? "localhost"}:${server.port}`;
      const error = await failureOf(dialer.request(get(`${url}/secret-path?secret-query`)));
      assertEquals(error.code, row.code, error.message);
      assertEquals(error.exitStatus, 3);
      assertIncludes(error.message, row.says);
      assertIncludes(error.message, `${row.host ?? "localhost"}:${server.port}`);
      assertIncludes(error.message, "directly, because no proxy is set");
      assertIncludes(error.message, "roots in force: ");
      assertIncludes(error.hint ?? "", `culvert doctor ${url}`);
      assertExcludes(everythingOf(error), "secret-");
      assertEquals(isTransient({ kind: "error", error }), false);
    });
  }
});

Deno.test("a self-signed certificate of a server may be its own root", async () => {
  const pair = await createSelfSigned(localhost);
  await using server = httpServer(() => new Response("ok"), pair);
  using dialer = await dialerFor({ trust: trusting(pair.certificate) });
  assertEquals(await textOf(await dialer.request(get(`https://localhost:${server.port}/`))), "ok");
});

Deno.test("what fails below TLS has a code of its own", async (t) => {
  const rows: readonly {
    readonly name: string;
    readonly url: string | ((port: number) => string);
    readonly answer?: string;
    readonly code: ErrorCode;
    readonly says: string;
  }[] = [
    {
      name: "no such name",
      url: "https://no-such-host.invalid/",
      code: "dns",
      says: "could not be resolved",
    },
    { name: "nobody listens", url: `https://127.0.0.1:${deafPort()}/`, code: "connect", says: "refused" },
    {
      name: "plain HTTP behind https",
      url: (port) => `https://localhost:${port}/`,
      answer: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
      code: "tls_handshake",
      says: "does not speak TLS",
    },
    {
      name: "closed in the TLS handshake",
      url: (port) => `https://localhost:${port}/`,
      answer: "",
      code: "reset",
      says: "closed during the TLS handshake",
    },
    {
      name: "closed without an answer",
      url: (port) => `http://localhost:${port}/`,
      answer: "",
      code: "reset",
      says: "cut",
    },
    {
      name: "something else than HTTP",
      url: (port) => `http://localhost:${port}/`,
      answer: "220 mail.example ESMTP\r\n\r\n",
      code: "connect",
      says: "does not speak HTTP",
    },
  ];
  for (const row of rows) {
    await t.step(row.name, async () => {
      await using server = await rawServer((socket) =>
        socket.once("data", () => socket.end(row.answer ?? ""))
      );
      using dialer = await dialerFor();
      const url = typeof row.url === "string" ? row.url : row.url(server.port);
      const error = await failureOf(dialer.request(get(url)));
      assertEquals(error.code, row.code, error.message);
      assertIncludes(error.message, row.says);
      assertIncludes(error.message, new URL(url).host);
    });
  }
});

Deno.test("a body that breaks off is a cut connection, whatever its framing", async (t) => {
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

interface ProxyRow {
  readonly name: string;
  readonly schemes?: readonly string[];
  readonly fault?: ProxyFault;
  readonly credentials?: string;
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint?: string;
  /** Of the target. Default https. */
  readonly plain?: boolean;
  readonly deaf?: boolean;
  readonly retried?: boolean;
}

const HTTP_PROXIES = ["http", "https"];
const SOCKS_PROXIES = ["socks5", "socks5h"];
const PROXY_ROWS: readonly ProxyRow[] = [
  { name: "407 to CONNECT", schemes: HTTP_PROXIES, credentials: "a:b", code: "proxy_auth", says: "407" },
  {
    name: "407 to a forwarded request",
    schemes: HTTP_PROXIES,
    credentials: "a:b",
    plain: true,
    code: "proxy_auth",
    says: "407",
  },
  {
    name: "407 that asks for NTLM, forwarded",
    schemes: HTTP_PROXIES,
    plain: true,
    fault: {
      kind: "status",
      status: 407,
      headers: ["Proxy-Authenticate: NTLM", "Proxy-Authenticate: Negotiate"],
    },
    code: "proxy_auth",
    says: "407",
    hint: "NTLM or Negotiate",
  },
  {
    name: "403",
    schemes: HTTP_PROXIES,
    fault: { kind: "status", status: 403 },
    code: "proxy_refused",
    says: "proxy",
  },
  {
    name: "no HTTP proxy at all",
    schemes: HTTP_PROXIES,
    fault: { kind: "garbage" },
    code: "proxy_refused",
    says: "proxy",
  },
  {
    name: "closed instead of an answer",
    schemes: HTTP_PROXIES,
    fault: { kind: "eof" },
    code: "proxy_refused",
    says: "proxy",
  },
  {
    name: "an endless answer",
    schemes: HTTP_PROXIES,
    fault: { kind: "long" },
    code: "proxy_refused",
    says: "8 KiB",
  },
  {
    name: "SOCKS credentials refused",
    schemes: SOCKS_PROXIES,
    credentials: "a:b",
    code: "proxy_auth",
    says: "SOCKS",
  },
  {
    name: "SOCKS ruleset",
    schemes: SOCKS_PROXIES,
    fault: { kind: "socks", reply: 2 },
    code: "proxy_refused",
    says: "SOCKS",
  },
  {
    name: "SOCKS target refused",
    schemes: SOCKS_PROXIES,
    fault: { kind: "socks", reply: 5 },
    code: "connect",
    says: "SOCKS",
    retried: true,
  },
  {
    name: "no SOCKS proxy at all",
    schemes: SOCKS_PROXIES,
    fault: { kind: "garbage" },
    code: "proxy_refused",
    says: "not a SOCKS5 proxy",
  },
  {
    name: "SOCKS closed",
    schemes: SOCKS_PROXIES,
    fault: { kind: "eof" },
    code: "proxy_refused",
    says: "not a SOCKS5 proxy",
  },
  { name: "a proxy that is down", deaf: true, code: "connect", says: "the proxy", retried: true },
];

Deno.test("each way a proxy fails is told apart, permanently where it is, and its password is never shown", async (t) => {
  await using server = httpServer(() => new Response("never"), LEAF);
  for (const row of PROXY_ROWS) {
    for (const scheme of row.schemes ?? [...HTTP_PROXIES, ...SOCKS_PROXIES]) {
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
        assertEquals(isTransient({ kind: "error", error }), row.retried ?? false);
      });
    }
  }
});

Deno.test("a proxy over TLS is held to the same roots", async () => {
  await using proxy = await startProxy({ tls: LEAF });
  using dialer = await dialerFor({ proxy: `https://localhost:${proxy.port}`, trust: trusting() });
  const error = await failureOf(dialer.request(get("https://api.test/")));
  assertEquals(error.code, "tls_unknown_issuer");
});

Deno.test("aborting gives the signal's reason, before, during and after the headers", async () => {
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

Deno.test("a header that cannot be sent is named and its value is not", async () => {
  using dialer = await dialerFor();
  const error = await failureOf(
    dialer.request(get("http://localhost/", { headers: { authorization: "Bearer tok-123\nx" } })),
  );
  assertEquals(error.code, "config");
  assertIncludes(error.message, '"authorization"');
  assertExcludes(everythingOf(error), "tok-123");
});

Deno.test("a silent server is given up after the header timeout, a slow body is not", async () => {
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
