import { createRouteTable } from "../../../lib/net/route/route_table.ts";
import { probe } from "../../../lib/net/diagnosis/probe.ts";
import { createAuthority, createSelfSigned, type KeyPairPem } from "../../../lib/pki/pki.ts";
import type { TrustStore } from "../../../lib/trust/trust_store.ts";
import { startProxy } from "../../support/proxy.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import {
  CA,
  dialerFor,
  everythingOf,
  failureOf,
  get,
  httpServer,
  LEAF,
  rawServer,
  trusting,
  worldWith,
} from "../kit.ts";
import { signedByRsa } from "../diagnosis/odd_certificates.ts";

const HOUR_MS = 3_600_000;
const localhost = { commonName: "localhost", names: ["localhost"] };

interface Row {
  readonly name: string;
  readonly pair: () => Promise<KeyPairPem & { readonly root?: string }>;
  readonly trust?: () => Promise<TrustStore>;
  readonly says: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    name: "an unknown private CA is named",
    pair: () => Promise.resolve(LEAF),
    trust: () => Promise.resolve(trusting()),
    says: [
      'issued by "CN=Culvert Test CA"',
      "CODEX_CA_CERTIFICATE",
      "culvert ca fetch localhost",
      "only its own",
    ],
  },
  {
    name: "a self-signed server certificate is distinguished from one of an unknown CA",
    pair: () => createSelfSigned(localhost),
    says: ['The certificate "CN=localhost" of the server is self-signed'],
  },
  {
    name: "a root with the same name and another key is detected",
    pair: async () => (await createAuthority("Culvert Test CA")).issue(localhost),
    says: ['A root named "CN=Culvert Test CA" is in force', "is not the key that signed", "out of date"],
  },
  {
    name: "a missing intermediate is distinguished from an unknown root",
    pair: async () => await (await CA.intermediate("Middle")).issue(localhost),
    says: ['issued by "CN=Middle"', "an intermediate that the server should have sent"],
  },
  {
    name: "a certificate for other names is reported with those names",
    pair: () => CA.issue({ commonName: "x", names: ["other.example", "10.0.0.1"] }),
    says: ["is for other.example, 10.0.0.1, not for localhost"],
  },
  {
    name: "an expired certificate is reported with its dates and the local time",
    pair: () =>
      CA.issue({ ...localhost, notBefore: Date.now() - 9 * HOUR_MS, notAfter: Date.now() - HOUR_MS }),
    says: ["is valid from 20", "the clock of this machine shows 20", "must renew it"],
  },
  {
    name: "a certificate that is not yet valid is reported with the local time",
    pair: () => CA.issue({ ...localhost, notBefore: Date.now() + 24 * HOUR_MS }),
    says: ["the clock of this machine shows 20", "Check the clock first"],
  },
  {
    name: "a certificate without names is reported with advice to reissue it",
    pair: () => CA.issue({ commonName: "localhost" }),
    says: ["no subjectAltName", "reissued"],
  },
  {
    name: "a CA certificate that a server presents as its own is explained",
    pair: async () => {
      const pair = await createSelfSigned({ ...localhost, isCa: true });
      return { ...pair, root: pair.certificate };
    },
    says: ["CA:TRUE", "CA:FALSE"],
  },
  {
    name: "a SHA-1 signature is detected",
    pair: () => signedByRsa(2048, "SHA-1"),
    says: ["is signed with SHA-1"],
  },
];

Deno.test("the explanation of a rejected certificate uses the presented chain", async (t) => {
  for (const row of ROWS) {
    await t.step(row.name, async () => {
      const pair = await row.pair();
      await using server = httpServer(() => new Response("never"), pair);
      const roots = pair.root === undefined ? [CA.certificate] : [CA.certificate, pair.root];
      using dialer = await dialerFor({ trust: await row.trust?.() ?? trusting(...roots) });
      const url = `https://localhost:${server.port}`;
      const error = await failureOf(dialer.request(get(`${url}/`)));
      for (const part of row.says) assertIncludes(error.hint ?? "", part);
      assertIncludes(error.hint ?? "", `culvert doctor ${url}`);
      assertEquals(error.details["intercepted"], false);
      assert(Array.isArray(error.details["presented_chain"]));
    });
  }
});

Deno.test("a public name with a certificate of a private CA is reported as interception, with the name of the CA", async () => {
  const appliance = await createAuthority("Acme TLS Inspection");
  const pair = await appliance.issue({ commonName: "x", names: ["api.vendor.com"] });
  await using server = httpServer(() => new Response("never"), pair);
  await using proxy = await startProxy({
    credentials: "zora:hunter2",
    leadTo: { host: "127.0.0.1", port: server.port },
  });
  using dialer = await dialerFor({ env: { HTTPS_PROXY: `http://zora:hunter2@127.0.0.1:${proxy.port}` } });
  const error = await failureOf(dialer.request(get("https://api.vendor.com/v1/responses")));
  assertEquals([error.code, error.details["intercepted"]], ["tls_unknown_issuer", true]);
  assertIncludes(error.hint ?? "", 'intercepted by "CN=Acme TLS Inspection"');
  assertExcludes(everythingOf(error), "hunter2");
  assertEquals(proxy.seen.every(({ target }) => target === "api.vendor.com:443"), true);
});

Deno.test("the reply of the proxy is probed and reported", async (t) => {
  await using server = httpServer(() => new Response("never"), LEAF);
  const rows = [
    [
      { status: 407, headers: ["Proxy-Authenticate: NTLM", "Proxy-Authenticate: Negotiate abc="] },
      "proxy_auth",
      "NTLM or Negotiate",
    ],
    [
      { status: 407, headers: ['Proxy-Authenticate: Digest realm="a, b", Basic realm="c"'] },
      "proxy_auth",
      "user:password",
    ],
    [{ status: 401, headers: [] }, "proxy_auth", "user:password"],
    [{ status: 403, headers: [] }, "proxy_refused", "may reach the host"],
    [{ status: 503, headers: [] }, "proxy_refused", "may reach the host"],
  ] as const;
  for (const scheme of ["http", "https"]) {
    for (const [answer, code, hint] of rows) {
      await t.step(`${scheme} ${answer.status} ${answer.headers.join()}`, async () => {
        await using proxy = await startProxy({
          fault: { kind: "status", ...answer },
          ...(scheme === "https" ? { tls: LEAF } : {}),
        });
        using dialer = await dialerFor({ proxy: `${scheme}://localhost:${proxy.port}` });
        const error = await failureOf(dialer.request(get(`https://localhost:${server.port}/`)));
        assertEquals([error.code, error.details["proxy_status"]], [code, answer.status]);
        assertIncludes(error.message, String(answer.status));
        assertIncludes(error.hint ?? "", hint);
      });
    }
  }
});

Deno.test("an untrusted TLS proxy is named as the end that failed, with its chain", async () => {
  await using proxy = await startProxy({ tls: LEAF });
  using dialer = await dialerFor({ proxy: `https://localhost:${proxy.port}`, trust: trusting() });
  const error = await failureOf(dialer.request(get("https://api.test/")));
  assertEquals([error.code, error.details["failed_at"]], ["tls_unknown_issuer", "proxy"]);
  assertIncludes(error.message, "at the proxy, its certificate was issued");
  assertIncludes(error.hint ?? "", 'issued by "CN=Culvert Test CA"');
});

Deno.test("a probe that hangs delays the error by little and does not replace it", async () => {
  let connections = 0;
  const pair = await CA.issue({ commonName: "x", names: ["other.example"] });
  await using server = httpServer(() => new Response("never"), pair);
  // The first connection reaches the server, every later one gets no answer.
  await using gate = await rawServer((socket) => {
    if (connections++ > 0) return;
    void Deno.connect({ hostname: "127.0.0.1", port: server.port }).then(async (conn) => {
      socket.on("data", (chunk: Uint8Array) => void conn.write(chunk).catch(() => socket.destroy()));
      socket.on("close", () => conn.close());
      for await (const chunk of conn.readable) socket.write(chunk);
    }).catch(() => socket.destroy());
  });
  using dialer = await dialerFor();
  const begin = performance.now();
  const error = await failureOf(dialer.request(get(`https://localhost:${gate.port}/`)));
  assertEquals(error.code, "tls_name_mismatch");
  assertIncludes(error.hint ?? "", "culvert doctor");
  const took = performance.now() - begin;
  assert(took < 5000, `${took} ms`);
});

Deno.test("a probe of a working route returns the exact chain and no fault", async () => {
  await using server = httpServer(() => new Response("ok"), LEAF);
  await using proxy = await startProxy();
  const { routes } = await createRouteTable({
    env: () => undefined,
    proxy: `http://127.0.0.1:${proxy.port}`,
  });
  const url = new URL(`https://localhost:${server.port}/`);
  const parts = { trust: trusting(CA.certificate), world: worldWith(), userAgent: "culvert-test/0" };
  const seen = await probe(url, routes.resolve(url), parts, AbortSignal.timeout(10_000));
  assertEquals(seen.fault, undefined);
  assertEquals(seen.chain?.protocol, "TLSv1.3");
  const leaf = seen.chain?.certificates[0];
  assert(leaf !== undefined);
  assertEquals([leaf.subject, leaf.issuer, leaf.isCa], ["CN=localhost", "CN=Culvert Test CA", false]);
  const pem = LEAF.certificate.replace(/-----[^-]+-----|\s/g, "");
  assertEquals(btoa(String.fromCharCode(...leaf.der)), pem);
  assertEquals(proxy.seen.map(({ headers }) => headers.get("user-agent")), [
    "culvert-test/0",
    "culvert-test/0",
  ]);
});
