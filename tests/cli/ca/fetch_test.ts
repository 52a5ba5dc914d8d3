/** `culvert ca fetch`, as a process, against real handshakes. */
import { unlessLacking } from "../../support/runtime_abilities.ts";
import { fetchTarget } from "../../../lib/cli/ca/fetch/fetch_target.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { createAuthority, createSelfSigned, type KeyPairPem } from "../../../lib/pki/pki.ts";
import { folder } from "../../doctor/kit.ts";
import { deafPort, httpServer, rawServer } from "../../net/kit.ts";
import { signedByRsa } from "../../net/diagnosis/odd_certificates.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertThrows } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { startProxy } from "../../support/proxy.ts";

const HOST = "api.culvert.test";
const LOCALHOST = { commonName: "localhost", names: ["localhost"] };
const HOUR_MS = 3_600_000;
const PASSWORD = "pl4nted-pr0xy-pw";

/** Removes line breaks and indents, so that a wrapped sentence is found. */
function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

function assertNarrow({ stdout }: CulvertRun): void {
  assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  assertExcludes(stdout, "\u001b");
}

Deno.test(
  unlessLacking(
    "ca fetch shows the interceptor's chain, accepted with the company's bundle and refused without",
  ),
  async () => {
    const credentials = { username: "anna", password: PASSWORD };
    const network = await startNetwork({ proxy: { credentials } });
    try {
      const { HTTPS_PROXY = "", CODEX_CA_CERTIFICATE = "" } = network.env;
      const trusting = { HTTPS_PROXY, CODEX_CA_CERTIFICATE };
      for (const env of [trusting, { HTTPS_PROXY }]) {
        const isTrusted = env === trusting;
        const text = await culvert(["ca", "fetch", HOST, "-v"], { env });
        assertEquals(text.code, isTrusted ? 0 : 3);
        assertNarrow(text);
        const said = inOneLine(text.stdout);
        assertIncludes(
          said,
          `${HOST}:443 presents 2 certificates over TLSv1.3; route: http://***@127.0.0.1:`,
        );
        assertIncludes(
          said,
          isTrusted ? "Accepted by the roots in force" : "NOT accepted: its certificate was issued",
        );
        assertIncludes(said, `TLS may be intercepted by "${network.interceptor}"`);
        assertIncludes(said, "Certificate 1, the server's own");
        if (!isTrusted) {
          assertIncludes(said, "set CODEX_CA_CERTIFICATE or --ca-cert to it");
          assertIncludes(said, `culvert doctor https://${HOST}`);
          assertExcludes(said, "culvert ca fetch");
        }
        const json = await culvert(
          ["ca", "fetch", `wss://x:${PASSWORD}@${HOST}/v1?q=${PASSWORD}`, "--json"],
          {
            env,
          },
        );
        assertEquals([json.code, json.stdout.split("\n").length], [text.code, 2]);
        const report = JSON.parse(json.stdout);
        assertEquals([report.schema_version, report.target, report.accepted], [1, `${HOST}:443`, isTrusted]);
        assertEquals(report.error?.code, isTrusted ? undefined : "tls_unknown_issuer");
        assertEquals([report.presented_by, report.intercepted, report.written], ["target", null, null]);
        const [leaf, root] = report.certificates;
        assertEquals([leaf.index, leaf.names, leaf.is_ca], [1, [`DNS:${HOST}`], false]);
        assertEquals([root.index, root.is_ca, root.self_signed, root.key], [2, true, true, "ec 256"]);
        for (const run of [text, json]) assertExcludes(run.stdout + run.stderr, PASSWORD);
      }
      assert(network.proxyEvents.length > 0);
    } finally {
      await network.close();
    }
  },
);

Deno.test("respond works with the root that ca fetch writes, and the warning explains the risk", async () => {
  const network = await startNetwork();
  using files = folder();
  try {
    const { HTTPS_PROXY = "", CULVERT_API_KEY = "" } = network.env;
    const env = { HTTPS_PROXY, CULVERT_API_KEY };
    const respond = ["respond", "--base-url", network.baseUrl, "-m", "mock-1", "hi"];
    assertEquals((await culvert(respond, { env })).code, 3);
    const run = await culvert(["ca", "fetch", HOST, "-o", "root.pem", "--json"], { env, cwd: files.path });
    assertEquals(run.code, 3);
    const { written, certificates } = JSON.parse(run.stdout);
    assertEquals([written.path, written.index, written.is_root], ["root.pem", 2, true]);
    assertEquals(written.sha256, certificates[1].sha256);
    assertIncludes(run.stderr, "can read and change everything");
    assertIncludes(run.stderr, "network's administrators");
    assertIncludes(run.stderr, written.sha256);
    assertEquals([...Deno.readDirSync(files.path)].map(({ name }) => name), ["root.pem"]);
    const text = await Deno.readTextFile(`${files.path}/root.pem`);
    assertEquals(text.split("BEGIN CERTIFICATE").length, 2);
    const trusting = await culvert([...respond, "--ca-cert", "root.pem"], { env, cwd: files.path });
    assertEquals(trusting.code, 0, trusting.stderr);
    const again = await culvert(["ca", "fetch", HOST, "--ca-cert", "root.pem"], { env, cwd: files.path });
    assertEquals(again.code, 0);
  } finally {
    await network.close();
  }
});

Deno.test("a chain without its root gives the topmost intermediate, with a message about this", async () => {
  using files = folder();
  const root = await createAuthority("Hidden Root");
  const middle = await root.intermediate("Middle CA");
  const leaf = await middle.issue(LOCALHOST);
  const pair = { ...leaf, certificate: leaf.certificate + middle.certificate };
  await using server = httpServer(() => new Response("ok"), pair);
  const place = `localhost:${server.port}`;
  const run = await culvert(["ca", "fetch", place, "-o", "top.pem"], { cwd: files.path });
  assertEquals(run.code, 3);
  assertIncludes(run.stderr, '"CN=Middle CA", written to top.pem');
  assertIncludes(run.stderr, 'an intermediate: its issuer "CN=Hidden Root" was not presented');
  const trusting = await culvert(["ca", "fetch", place, "--ca-cert", "top.pem"], { cwd: files.path });
  assertEquals(trusting.code, 0);
});

Deno.test("a server's own certificate is never written, even if it claims to be a CA", async (t) => {
  const pairs: Readonly<Record<string, () => Promise<KeyPairPem>>> = {
    "a leaf alone": async () => (await createAuthority("Corp")).issue(LOCALHOST),
    "self-signed": () => createSelfSigned(LOCALHOST),
    "self-signed with CA:TRUE": () => createSelfSigned({ ...LOCALHOST, isCa: true }),
    "a stranger's root behind it": async () => {
      const leaf = await (await createAuthority("Corp")).issue(LOCALHOST);
      return { ...leaf, certificate: leaf.certificate + (await createAuthority("Stranger")).certificate };
    },
    "another leaf behind it": async () => {
      const corp = await createAuthority("Corp");
      const [leaf, other] = [await corp.issue(LOCALHOST), await corp.issue({ commonName: "Corp" })];
      return { ...leaf, certificate: leaf.certificate + other.certificate };
    },
  };
  for (const [name, pair] of Object.entries(pairs)) {
    await t.step(name, async () => {
      using files = folder();
      files.write("old.pem", "as it was");
      await using server = httpServer(() => new Response("never"), await pair());
      const words = ["ca", "fetch", `localhost:${server.port}`, "-o", "old.pem"];
      const run = await culvert([...words, "--json"], { cwd: files.path });
      assertEquals(run.code, 3);
      const { written, unwritten } = JSON.parse(run.stdout);
      assertEquals([written, unwritten.code], [null, "ca_invalid"]);
      assertIncludes(run.stderr, "Nothing to write to old.pem");
      assertEquals(Deno.readTextFileSync(`${files.path}/old.pem`), "as it was");
    });
  }
});

Deno.test(unlessLacking("what is weak, odd or out of date about a chain is reported in words"), async (t) => {
  const corp = await createAuthority("Corp");
  const rows:
    readonly (readonly [string, () => Promise<KeyPairPem & { root?: string }>, readonly string[]])[] = [
      ["a CA with RSA 1024", () => signedByRsa(1024, "SHA-256"), [
        "NOT accepted: its certificate was issued by",
        "2048 bits",
      ]],
      ["SHA-1", () => signedByRsa(2048, "SHA-1"), [
        "NOT accepted: its certificate is signed by",
        "signed with SHA-1",
      ]],
      ["no subjectAltName", () => corp.issue({ commonName: "localhost" }), ["has no subjectAltName"]],
      [
        "expired",
        () =>
          corp.issue({ ...LOCALHOST, notBefore: Date.now() - 9 * HOUR_MS, notAfter: Date.now() - HOUR_MS }),
        ["NOT accepted: its certificate has expired", "the clock of this machine shows 20", "must renew it"],
      ],
      ["another name", () => corp.issue({ commonName: "x", names: ["other.example"] }), [
        "is for other.example",
      ]],
    ];
  for (const [name, make, sentences] of rows) {
    await t.step(name, async () => {
      using files = folder();
      const pair = await make();
      files.write("roots.pem", (pair.root ?? "") + "\n" + corp.certificate);
      await using server = httpServer(() => new Response("never"), pair);
      const words = ["ca", "fetch", `localhost:${server.port}`, "--ca-cert", "roots.pem"];
      const run = await culvert(words, { cwd: files.path });
      assertEquals(run.code, 3);
      assertNarrow(run);
      for (const sentence of sentences) assertIncludes(inOneLine(run.stdout), sentence);
    });
  }
});

Deno.test("a public name with a certificate of a private CA is reported as interception, with the name of the CA", async () => {
  using files = folder();
  const appliance = await createAuthority("Acme Inspection");
  const pair = await appliance.issue({ commonName: "x", names: ["api.vendor.com"] });
  await using server = httpServer(() => new Response("never"), pair);
  const leadTo = { host: "127.0.0.1", port: server.port };
  await using proxy = await startProxy({ credentials: `zora:${PASSWORD}`, leadTo });
  files.write("acme.pem", appliance.certificate);
  const words = [
    "ca",
    "fetch",
    "api.vendor.com",
    "--proxy",
    `http://zora:${PASSWORD}@127.0.0.1:${proxy.port}`,
  ];
  for (const flags of [[], ["--ca-cert", "acme.pem"]]) {
    const run = await culvert([...words, ...flags, "--json"], { cwd: files.path });
    assertEquals(run.code, flags.length === 0 ? 3 : 0);
    const report = JSON.parse(run.stdout);
    assertEquals([report.intercepted, report.issuer], [true, "CN=Acme Inspection"]);
    assertIncludes(report.findings[0], 'intercepted by "CN=Acme Inspection"');
    assertExcludes(run.stdout + run.stderr, PASSWORD);
  }
});

Deno.test("an untrusted TLS proxy is reported with its own chain", async () => {
  const pair = await (await createAuthority("Proxy CA")).issue(LOCALHOST);
  await using proxy = await startProxy({ tls: pair });
  const run = await culvert(["ca", "fetch", HOST, "--proxy", `https://localhost:${proxy.port}`, "--json"]);
  assertEquals(run.code, 3);
  const { presented_by, issuer, error } = JSON.parse(run.stdout);
  assertEquals([presented_by, issuer, error.code], ["proxy", "CN=Proxy CA", "tls_unknown_issuer"]);
});

Deno.test("if no chain is presented, the exit code is that of the failure", async () => {
  await using plain = httpServer(() => new Response("no TLS"));
  await using gate = await startProxy({ credentials: `zora:${PASSWORD}` });
  await using silent = await rawServer((socket) => socket.end());
  const proxy = `http://zora:${PASSWORD}x@127.0.0.1:${gate.port}`;
  const rows: readonly (readonly [readonly string[], number, string])[] = [
    [[`localhost:${deafPort()}`], 5, "connection was refused"],
    [["no-such-host.invalid"], 5, "could not be resolved"],
    [["api.test", "--proxy", proxy], 5, "407"],
    [[`localhost:${plain.port}`], 3, "does not speak TLS"],
    [[`localhost:${silent.port}`], 5, "the connection was c"],
    [["api.test", "--ca-cert", "/nowhere.pem"], 3, "/nowhere.pem"],
    [["http://api.test"], 2, "not TLS"],
    [[""], 2, "The argument has no valid host and port"],
    [["127.0.0.1:99999"], 2, "The argument has no valid host and port"],
    [["api.test", "-o", "/no/such/folder/x.pem"], 2, "/no/such/folder/x.pem"],
  ];
  for (const [words, code, part] of rows) {
    const run = await culvert(["ca", "fetch", ...words]);
    assertEquals([run.code, run.stdout], [code, ""], `${words}: ${run.stderr}`);
    assertIncludes(run.stderr, part);
    assertExcludes(run.stderr, PASSWORD);
  }
});

Deno.test("a host is accepted in each of the usual forms", () => {
  const rows = [
    ["api.test", "https://api.test/"],
    ["api.test:8443", "https://api.test:8443/"],
    ["API.test/v1", "https://api.test/"],
    ["wss://api.test:9/x?y#z", "https://api.test:9/"],
    ["https://user:pw@api.test/v1", "https://api.test/"],
    ["::1", "https://[::1]/"],
    ["[::1]:8443", "https://[::1]:8443/"],
    ["10.0.0.1:443", "https://10.0.0.1/"],
  ] as const;
  for (const [text, url] of rows) assertEquals(fetchTarget(text).href, url);
  for (const text of ["", "a b", "https://", "ftp://x", "x:99999"]) {
    assertThrows(() => fetchTarget(text), CulvertError);
  }
});

Deno.test("with -o - ca fetch prints only the certificate, and --json is refused", async () => {
  using files = folder();
  const root = await createAuthority("Corp Root");
  const leaf = await root.issue(LOCALHOST);
  await using server = httpServer(() => new Response("ok"), {
    ...leaf,
    certificate: leaf.certificate + root.certificate,
  });
  const place = `localhost:${server.port}`;
  const run = await culvert(["ca", "fetch", place, "-o", "-"], { cwd: files.path });
  assertEquals(run.code, 3);
  assertEquals(run.stdout.match(/BEGIN CERTIFICATE/g)?.length, 1);
  assertEquals(
    run.stdout.replace(/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\n/, ""),
    "# CN=Corp Root\n",
  );
  const both = await culvert(["ca", "fetch", place, "-o", "-", "--json"], { cwd: files.path });
  assertEquals(both.code, 2);
  assertIncludes(both.stdout, '"code":"usage"');
  assertEquals([...Deno.readDirSync(files.path)], []);
});
