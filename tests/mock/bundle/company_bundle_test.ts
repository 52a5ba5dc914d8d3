import { X509Certificate } from "node:crypto";
import { certificateText } from "../../../lib/mock/bundle/certificate_text.ts";
import { companyBundle } from "../../../lib/mock/bundle/company_bundle.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { trustedCertificatePem } from "../../../lib/mock/bundle/trusted_certificate.ts";
import { readBundle } from "../../../lib/trust/bundle/bundle_reader.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { testWith } from "../../support/programs.ts";

/** Runs openssl on `input`. */
async function openssl(args: readonly string[], input: string): Promise<{ code: number; stdout: string }> {
  const child = new Deno.Command("openssl", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

Deno.test("the company's bundle contains two roots, trust settings, a revocation list, a dump and CRLF", async () => {
  const interceptor = await createAuthority("Inspection", { organization: "Example Corp" });
  const legacy = await createAuthority("Legacy");
  const text = await companyBundle(interceptor, legacy);
  assert(!/[^\r]\n/.test(text), "every line ends in CRLF");
  const source = { kind: "file", name: "FILE", path: "/bundle.pem" } as const;
  const bundle = readBundle(new TextEncoder().encode(text), source, { now: Date.now() });
  assertEquals(bundle.certificates.map(({ label }) => label), ["CERTIFICATE", "TRUSTED CERTIFICATE"]);
  assertEquals(bundle.certificates.map(({ der }) => [...der]), [[...legacy.der], [...interceptor.der]]);
  assertEquals(bundle.certificates[1]?.aux?.alias, "Example Corp TLS Inspection");
  assertEquals(bundle.skipped.map(({ kind }) => kind), ["X509 CRL"]);
});

Deno.test("a text dump names issuer, validity, key and signature as the certificate has them", async () => {
  const authority = await createAuthority("Old Root", { key: { rsa: 1024 }, hash: "SHA-1" });
  const dump = certificateText(authority.der);
  assertIncludes(dump, "Issuer: CN = Old Root");
  assertIncludes(dump, "Public-Key: (1024 bit)");
  assertIncludes(dump, "Signature Algorithm: sha1WithRSAEncryption");
  assertMatch(dump, /Not Before: \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT/);
});

Deno.test("leaves are issued as requested: bare, expired, of another key, or as a CA", async () => {
  const authority = await createAuthority("Root");
  const bare = new X509Certificate(
    (await authority.issue({ commonName: "localhost", bare: true })).certificate,
  );
  assertEquals(bare.subjectAltName, undefined);
  const expired = await authority.issue({ commonName: "a", names: ["a"], notBefore: 0, notAfter: 1000 });
  assertEquals(new X509Certificate(expired.certificate).validTo, "Jan  1 00:00:01 1970 GMT");
  const asCa = new X509Certificate(
    (await authority.issue({ commonName: "a", names: ["a"], isCa: true })).certificate,
  );
  assertEquals(asCa.ca, true);
  const rsa = new X509Certificate(
    (await authority.issue({ commonName: "a", key: { rsa: 2048 } })).certificate,
  );
  assertEquals(rsa.publicKey.asymmetricKeyType, "rsa");
  assert(rsa.verify(new X509Certificate(authority.certificate).publicKey));
});

await testWith(["openssl"], "OpenSSL reads the trust settings of a TRUSTED CERTIFICATE", async () => {
  const authority = await createAuthority("Inspection");
  const pem = trustedCertificatePem(authority.der, {
    trust: ["serverAuth"],
    reject: ["emailProtection"],
    alias: "Inspection of TLS",
  });
  const { code, stdout } = await openssl(["x509", "-noout", "-text"], pem);
  assertEquals(code, 0);
  assertMatch(stdout, /Trusted Uses:\s+TLS Web Server Authentication/);
  assertMatch(stdout, /Rejected Uses:\s+E-mail Protection/);
  assertIncludes(stdout, "Alias: Inspection of TLS");
});

await testWith(["openssl"], "the lines of a text dump are lines that OpenSSL prints", async () => {
  const authority = await createAuthority("Legacy", { organization: "Example Corp" });
  const { stdout } = await openssl(["x509", "-noout", "-text"], authority.certificate);
  const printed = new Set(stdout.split("\n").map((line) => line.trimEnd()));
  for (const line of certificateText(authority.der).split("\n")) {
    assert(line === "" || printed.has(line), `OpenSSL does not print: ${JSON.stringify(line)}`);
  }
});
