/** Findings of the doctor about the route to a server. The rows run in the process and as the program. */
import * as http2 from "node:http2";
import { createAuthority, createSelfSigned, type KeyPairPem } from "../../../lib/pki/pki.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { startInterceptingProxy } from "../../../lib/net/server/proxy/intercepting_proxy.ts";
import { localUpstream } from "../../../lib/net/server/forward/local_upstream.ts";
import { deafPort, httpServer, rawServer } from "../../net/kit.ts";
import { type OddPair, signedByRsa } from "../../net/diagnosis/odd_certificates.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { startProxy } from "../../support/proxy.ts";
import { type CheckRow, finding, folder, outline } from "../kit.ts";
import { fullPort, ward } from "../network_kit.ts";

const AUTHORITY = await createAuthority("Culvert Test CA");
const DAY_MS = 86_400_000;

const ODD: readonly (readonly [string, () => Promise<OddPair>, string, RegExp])[] = [
  ["signed with SHA-1", () => signedByRsa(2048, "SHA-1"), "tls_bad_certificate", /SHA-?1/],
  [
    "signed by an RSA key of 1024 bits",
    () => signedByRsa(1024, "SHA-256"),
    "tls_bad_certificate",
    /1024|2048/,
  ],
  [
    "without its intermediate",
    withoutIntermediate,
    "tls_unknown_issuer",
    /intermediate that the server should/,
  ],
  ["without a subjectAltName", withoutNames, "tls_bad_certificate", /subjectAltName/],
];

async function withoutNames(): Promise<OddPair> {
  return { ...await AUTHORITY.issue({ commonName: "localhost" }), root: AUTHORITY.certificate };
}

async function withoutIntermediate(): Promise<OddPair> {
  const middle = await AUTHORITY.intermediate("Middle");
  const pair = await middle.issue({ commonName: "localhost", names: ["localhost"] });
  return { ...pair, root: AUTHORITY.certificate };
}

/** Starts a server with only HTTP/2. */
async function http2Server(pair: KeyPairPem): Promise<{ readonly port: number } & AsyncDisposable> {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createSecureServer({
    cert: pair.certificate,
    key: pair.privateKey,
    allowHTTP1: false,
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  server.on("request", (request, response) => {
    const isPost = request.method === "POST";
    response.writeHead(isPost ? 400 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(isPost ? { error: { message: "model" } } : { data: [{ id: "mock-1" }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => {
      for (const session of sessions) session.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Each row examines a route once or more and checks the findings. */
export const CONNECTION_ROWS: readonly CheckRow[] = [
  {
    name: "a connection without problems passes every check",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const report = await at.diagnose({ flags: { model: "mock-1" } });
      assertEquals(report.checks.filter(({ status }) => status === "fail"), []);
      assertEquals(report.exit_code, 0);
      assertEquals(finding(report, "http").details["status"], 200);
      assertEquals(finding(report, "clock").status, "ok");
    },
  },
  {
    name: "a name that does not resolve fails, and the checks after it are skipped",
    check: async (diagnose) => {
      // Longer than a label may be (RFC 1035 §2.3.4), so that it is not sent to a resolver.
      const report = await diagnose({ url: `https://${"a".repeat(64)}.test/v1` });
      const found = finding(report, "dns");
      assertEquals([found.status, found.code, report.exit_code], ["fail", "dns", 5]);
      assertIncludes(found.remediation ?? "", "HTTPS_PROXY");
      assertExcludes(found.remediation ?? "", "culvert doctor");
      assertEquals(finding(report, "tcp").summary, 'Skipped, because "dns" failed');
      assertEquals(finding(report, "models").status, "skipped");
    },
  },
  {
    name: "a port on which nothing listens fails the TCP connection",
    check: async (diagnose) => {
      const report = await diagnose({ url: `https://127.0.0.1:${deafPort()}/v1` });
      assertEquals([finding(report, "tcp").code, report.exit_code], ["connect", 5]);
      assertIncludes(finding(report, "tcp").summary, "refused");
    },
  },
  {
    name: "a host that drops connections is reported within 5 s",
    isSlow: true,
    ...(Deno.build.os === "linux" ? {} : { skipped: "only Linux fills a backlog so" }),
    check: async (diagnose) => {
      using blackhole = await fullPort();
      const report = await diagnose({ url: `https://127.0.0.1:${blackhole.port}/v1` });
      assertEquals([finding(report, "tcp").code, report.exit_code], ["connect_timeout", 5]);
      assertIncludes(finding(report, "tcp").remediation ?? "", "firewall");
      assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    },
  },
  {
    name: "a proxy that does not listen is reported with the variable that names it",
    check: async (diagnose) => {
      const proxy = `http://127.0.0.1:${deafPort()}`;
      const report = await diagnose({ url: "https://api.test/v1", env: { HTTPS_PROXY: proxy } });
      const found = finding(report, "tcp");
      assertEquals(found.code, "connect");
      assertIncludes(`${found.summary} ${found.remediation}`, "HTTPS_PROXY");
    },
  },
  ...([
    [['Proxy-Authenticate: Basic realm="corp"'], "Basic", "Check user and password in HTTPS_PROXY"],
    [["Proxy-Authenticate: NTLM"], "NTLM", "local authenticating proxy"],
    [["Proxy-Authenticate: Negotiate", "Proxy-Authenticate: NTLM"], "Negotiate, NTLM", "px or cntlm"],
  ] as const).map(([headers, schemes, remedy]): CheckRow => ({
    name: `a proxy that accepts ${schemes} is reported with these schemes`,
    check: async (diagnose) => {
      await using proxy = await startProxy({ fault: { kind: "status", status: 407, headers } });
      const env = { HTTPS_PROXY: `http://anna:pl4nted-pw@127.0.0.1:${proxy.port}` };
      const report = await diagnose({ url: "https://api.test/v1", env });
      const found = finding(report, "proxy");
      assertEquals([found.code, report.exit_code], ["proxy_auth", 5]);
      assertIncludes(found.summary, `it accepts ${schemes}`);
      assertIncludes(found.remediation ?? "", remedy);
      assertExcludes(JSON.stringify(report), "pl4nted-pw");
    },
  })),
  {
    name: "a proxy that forbids the host fails with its status",
    check: async (diagnose) => {
      await using proxy = await startProxy({ fault: { kind: "status", status: 403 } });
      const report = await diagnose({
        url: "https://api.test/v1",
        flags: { proxy: `http://127.0.0.1:${proxy.port}` },
      });
      const found = finding(report, "proxy");
      assertEquals([found.code, found.details["proxy_status"]], ["proxy_refused", 403]);
      assertIncludes(found.remediation ?? "", "--proxy");
    },
  },
  {
    name: "a proxy that accepts the connection and stays silent is reported within 5 s",
    isSlow: true,
    check: async (diagnose) => {
      await using proxy = await startProxy({ fault: { kind: "stall" } });
      const report = await diagnose({
        url: "https://api.test/v1",
        flags: { proxy: `http://127.0.0.1:${proxy.port}` },
      });
      assertEquals(finding(report, "proxy").code, "proxy_refused");
      assertIncludes(finding(report, "proxy").remediation ?? "", "does not answer");
      assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    },
  },
  {
    name: "a SOCKS proxy with credentials works, and the API behind it answers",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      await using proxy = await startProxy({ credentials: "anna:pl4nted-pw" });
      const report = await at.diagnose({
        flags: { proxy: `socks5h://anna:pl4nted-pw@127.0.0.1:${proxy.port}`, model: "mock-1" },
      });
      assertIncludes(finding(report, "proxy").summary, "accepts the credentials");
      assertEquals(finding(report, "models").status, "ok");
      assertExcludes(JSON.stringify(report), "pl4nted-pw");
    },
  },
  {
    name: "an untrusted issuer fails with its name, and the next command shows its chain",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const report = await at.diagnose({ env: { CODEX_CA_CERTIFICATE: "" } });
      const found = finding(report, "tls");
      assertEquals([found.code, report.exit_code], ["tls_unknown_issuer", 3]);
      assertIncludes(found.remediation ?? "", "Culvert Mock API CA");
      assertIncludes(JSON.stringify(found.details["presented_chain"]), "CN=localhost");
      assertEquals(report.next, `culvert ca fetch localhost:${at.api.port}`);
      assertEquals(finding(report, "http").status, "skipped");
      const other = at.files.write("other.pem", AUTHORITY.certificate);
      const withFlag = await at.diagnose({ flags: { caCert: other } });
      const command = `culvert ca fetch localhost:${at.api.port} --ca-cert ${other}`;
      assertEquals(withFlag.next, command);
      assertIncludes(finding(withFlag, "tls").remediation ?? "", command);
    },
  },
  {
    name: "a certificate for another name fails and its names are shown",
    check: async (diagnose) => {
      await using at = await ward({ names: ["other.test"] }, diagnose);
      const found = finding(await at.diagnose(), "tls");
      assertEquals(found.code, "tls_name_mismatch");
      assertIncludes(found.remediation ?? "", "other.test");
    },
  },
  ...([
    [
      "has expired",
      { notBefore: Date.now() - 9 * DAY_MS, notAfter: Date.now() - DAY_MS },
      "tls_expired",
      "must renew",
    ],
    ["is not valid yet", { notBefore: Date.now() + DAY_MS }, "tls_not_yet_valid", "Check the clock first"],
  ] as const).map(([name, request, code, remedy]): CheckRow => ({
    name: `a certificate that ${name} fails for that reason`,
    check: async (diagnose) => {
      using files = folder();
      const pair = await AUTHORITY.issue({ commonName: "localhost", names: ["localhost"], ...request });
      await using server = httpServer(() => new Response(), pair);
      const env = { CODEX_CA_CERTIFICATE: files.write("ca.pem", AUTHORITY.certificate) };
      const found = finding(await diagnose({ url: `https://localhost:${server.port}/v1`, env }), "tls");
      assertEquals(found.code, code);
      assertIncludes(found.remediation ?? "", remedy);
    },
  })),
  {
    name: "a CA certificate presented as a server's own fails for that reason",
    check: async (diagnose) => {
      using files = folder();
      const pair = await createSelfSigned({ commonName: "localhost", names: ["localhost"], isCa: true });
      await using server = httpServer(() => new Response(), pair);
      const env = { CODEX_CA_CERTIFICATE: files.write("ca.pem", pair.certificate) };
      const found = finding(await diagnose({ url: `https://localhost:${server.port}/v1`, env }), "tls");
      assertEquals(found.code, "tls_ca_as_leaf");
      assertIncludes(found.remediation ?? "", "CA:FALSE");
    },
  },
  {
    name:
      "a server with only HTTP/2 passes for SSE, and ALPN is reported as the reason why no websocket opens",
    check: async (diagnose) => {
      using files = folder();
      const pair = await AUTHORITY.issue({ commonName: "localhost", names: ["localhost"] });
      await using server = await http2Server(pair);
      const env = { CODEX_CA_CERTIFICATE: files.write("ca.pem", AUTHORITY.certificate) };
      const report = await diagnose({
        url: `https://localhost:${server.port}/v1`,
        env,
        flags: { model: "mock-1" },
      });
      assertEquals([finding(report, "tls").status, report.exit_code], ["warn", 0]);
      assertIncludes(finding(report, "tls").summary, 'supports only HTTP/2 (ALPN "h2")');
      assertEquals([finding(report, "http").status, finding(report, "models").status], ["ok", "ok"]);
      assertEquals(finding(report, "websocket").details["outcome"], "broken");
    },
  },
  {
    name: "a server without TLS fails the handshake",
    check: async (diagnose) => {
      await using server = httpServer(() => new Response());
      const report = await diagnose({ url: `https://localhost:${server.port}/v1` });
      assertEquals([finding(report, "tls").code, report.exit_code], ["tls_handshake", 3]);
    },
  },
  {
    name: "a TLS handshake that is not answered is reported within 5 s",
    isSlow: true,
    check: async (diagnose) => {
      await using server = await rawServer(() => {});
      const report = await diagnose({ url: `https://localhost:${server.port}/v1` });
      assertEquals(finding(report, "tls").code, "tls_handshake");
      assertIncludes(finding(report, "tls").remediation ?? "", "not answered");
      assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    },
  },
  {
    name: "a public name with a certificate of a private CA is intercepted, and the interceptor is named",
    check: async (diagnose) => {
      const network = await startNetwork({ host: "api.culvert-mock.com" });
      try {
        const { env, baseUrl: url } = network;
        const trusted = await diagnose({ url, env, flags: { model: "mock-1" } });
        assertIncludes(
          finding(trusted, "tls").summary,
          'TLS is intercepted by "Example Corp TLS Inspection"',
        );
        assertEquals(finding(trusted, "tls").details["intercepted"], true);
        assertEquals(finding(trusted, "models").status, "ok");
        const without = await diagnose({ url, env: { ...env, CODEX_CA_CERTIFICATE: "" } });
        const found = finding(without, "tls");
        assertEquals([found.code, without.exit_code], ["tls_unknown_issuer", 3]);
        assertEquals(
          found.remediation,
          'TLS is intercepted by "Example Corp TLS Inspection". Ask your network team for its root CA (PEM), then set ' +
            "CODEX_CA_CERTIFICATE or --ca-cert.",
        );
        assertEquals(found.details["intercepted"], true);
      } finally {
        await network.close();
      }
    },
  },
  {
    name:
      "behind a proxy, a private CA that the server also presents without the proxy belongs to the server",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      await using proxy = await startProxy();
      const flags = { proxy: `http://127.0.0.1:${proxy.port}` };
      const found = finding(await at.diagnose({ flags }), "tls");
      assertEquals([found.status, found.details["intercepted"]], ["ok", false]);
      assertIncludes(
        found.summary,
        'The certificate of localhost is issued by "Culvert Mock API CA", a private CA',
      );
    },
  },
  {
    name: "behind a proxy, a CA that the server does not present without the proxy belongs to an interceptor",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const corporate = await createAuthority("Corp Inspection");
      const proxy = await startInterceptingProxy({
        upstream: localUpstream({ roots: [at.api.authority.certificate] }),
        interception: {
          issue: (name) => corporate.issue({ commonName: name, names: [name] }),
        },
      });
      try {
        const env = { CODEX_CA_CERTIFICATE: at.files.write("corp.pem", corporate.certificate) };
        const flags = { proxy: `http://127.0.0.1:${proxy.port}` };
        const found = finding(await at.diagnose({ flags, env }), "tls");
        assertEquals([found.status, found.details["intercepted"]], ["ok", true]);
        assertIncludes(found.summary, 'TLS is intercepted by "Corp Inspection"');
        assertIncludes(found.summary, 'localhost itself presents a certificate of "Culvert Mock API CA"');
      } finally {
        await proxy.close();
      }
    },
  },
  {
    name: "without TLS there is no certificate, and every other check runs",
    check: async (diagnose) => {
      await using at = await ward({ plain: true }, diagnose);
      const found = outline(await at.diagnose({ flags: { model: "mock-1" } }));
      assertEquals([found["tls"], found["http"], found["sse"], found["models"]], ["ok", "ok", "ok", "ok"]);
    },
  },
  {
    name: "a connection without TLS to another machine causes a warning",
    check: async (diagnose) => {
      await using proxy = await startProxy({ fault: { kind: "status", status: 404 } });
      const found = finding(
        await diagnose({ url: "http://api.test/v1", flags: { proxy: `http://127.0.0.1:${proxy.port}` } }),
        "tls",
      );
      assertEquals(found.status, "warn");
      assertIncludes(found.remediation ?? "", "https");
    },
  },
  ...ODD.map(([name, make, code, words]): CheckRow => ({
    name: `a certificate ${name} is refused with the reason`,
    check: async (diagnose) => {
      using files = folder();
      const pair = await make();
      await using server = httpServer(() => new Response(), pair);
      const env = { CODEX_CA_CERTIFICATE: files.write("ca.pem", pair.root) };
      const report = await diagnose({ url: `https://localhost:${server.port}/v1`, env });
      const found = finding(report, "tls");
      assertEquals([found.code, report.exit_code], [code, 3]);
      assertMatch(`${found.summary} ${found.remediation}`, words);
    },
  })),
];
