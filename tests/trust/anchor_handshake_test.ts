/** The treatment of roots by the TLS library, and the warnings that announce it. */
import { createAuthority, createSelfSigned } from "../../lib/pki/pki.ts";
import type { Bundle } from "../../lib/trust/bundle/bundle.ts";
import { readBundle } from "../../lib/trust/bundle/bundle_reader.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { request, startTlsServer } from "./handshake.ts";

const DAY = 86_400_000;
const LOCALHOST = { commonName: "localhost", names: ["localhost"] };

function read(pem: string): Bundle {
  const source = { kind: "flag", name: "--ca-cert", path: "/corp.pem" } as const;
  return readBundle(new TextEncoder().encode(pem), source, { now: Date.now() });
}

const codes = (bundle: Bundle) => bundle.warnings.map((warning) => warning.code);
const roots = (bundle: Bundle) => bundle.certificates.map((certificate) => certificate.pem);

Deno.test("an expired root is accepted with a warning that contains its date and subject", async () => {
  const authority = await createAuthority("Old Root", {
    notBefore: Date.now() - 20 * DAY,
    notAfter: Date.UTC(2024, 1, 3),
  });
  await using server = startTlsServer(await authority.issue(LOCALHOST));
  const bundle = read(`# one line\n${authority.certificate}`);
  assertEquals(codes(bundle), ["ca_expired"]);
  assertEquals(
    bundle.warnings[0]?.message,
    'Certificate 1 on line 2 of the CA bundle "/corp.pem" expired on 2024-02-03: CN=Old Root',
  );
  assertEquals(bundle.warnings[0]?.line, 2);
  assertEquals(await request(server, roots(bundle)), "ok");
});

Deno.test("a root that is not yet valid causes a warning about the local clock", async () => {
  const authority = await createAuthority("New Root", { notBefore: Date.now() + 5 * DAY });
  const bundle = read(authority.certificate);
  assertEquals(codes(bundle), ["ca_not_yet_valid"]);
  assertIncludes(bundle.warnings[0]?.message ?? "", "by the local clock");
});

Deno.test("a leaf that a CA issued causes a warning, and alone it verifies nothing", async () => {
  const authority = await createAuthority("Root");
  const leaf = await authority.issue(LOCALHOST);
  await using server = startTlsServer(leaf);
  const bundle = read(leaf.certificate);
  assertEquals(codes(bundle), ["ca_leaf"]);
  assertIncludes(await request(server, roots(bundle)), "invalid peer certificate");
});

Deno.test("a self-signed server certificate is pinned without a warning", async () => {
  const pair = await createSelfSigned(LOCALHOST);
  await using server = startTlsServer(pair);
  const bundle = read(pair.certificate);
  assertEquals(codes(bundle), []);
  assertEquals(await request(server, roots(bundle)), "ok");
});

Deno.test("a lone intermediate works with a warning, and without one if its root is also present", async () => {
  const root = await createAuthority("Root");
  const intermediate = await root.intermediate("Issuing CA");
  await using server = startTlsServer(await intermediate.issue(LOCALHOST));
  const lone = read(intermediate.certificate);
  assertEquals(codes(lone), ["ca_lone_intermediate"]);
  assertEquals(await request(server, roots(lone)), "ok");
  assertEquals(codes(read(intermediate.certificate + root.certificate)), []);
});

Deno.test("a server without its intermediate fails with only the root, and works with the intermediate in the bundle", async () => {
  const root = await createAuthority("Root");
  const intermediate = await root.intermediate("Issuing CA");
  await using server = startTlsServer(await intermediate.issue(LOCALHOST));
  assertIncludes(await request(server, roots(read(root.certificate))), "UnknownIssuer");
  assertEquals(await request(server, roots(read(root.certificate + intermediate.certificate))), "ok");
});

Deno.test("a CA certificate that a server presents as its own is refused at the handshake", async () => {
  const pair = await createSelfSigned({ ...LOCALHOST, isCa: true });
  await using server = startTlsServer(pair);
  const bundle = read(pair.certificate);
  assertEquals(codes(bundle), []);
  assertIncludes(await request(server, roots(bundle)), "CaUsedAsEndEntity");
});

Deno.test("a server certificate without subjectAltName is refused at the handshake", async () => {
  const authority = await createAuthority("Root");
  await using server = startTlsServer(await authority.issue({ commonName: "localhost" }));
  assertIncludes(await request(server, roots(read(authority.certificate))), "invalid peer certificate");
});

Deno.test("a subject sends no control characters to the terminal that prints a warning", async () => {
  const authority = await createAuthority("Evil \u001b[31mred\u202e", {
    notAfter: Date.now() - DAY,
    notBefore: Date.now() - 9 * DAY,
  });
  const message = read(authority.certificate).warnings[0]?.message ?? "";
  assertIncludes(message, "CN=Evil \ufffd[31mred\ufffd");
});
