import { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { createInterceptionAuthority } from "../../lib/pki/interception_authority.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { join } from "../support/paths.ts";

const authority = await createInterceptionAuthority("Culvert Test Interception CA");

/** Verifies a chain with OpenSSL and its strict checks. */
async function opensslVerifies(
  leaf: string,
  option: "-verify_hostname" | "-verify_ip",
  name: string,
): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-pki-" });
  try {
    const files = { "ca.pem": authority.certificate, "leaf.pem": leaf };
    for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(join(directory, file), text);
    const { stdout, stderr } = await new Deno.Command("openssl", {
      args: [
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        "ca.pem",
        option,
        name,
        "leaf.pem",
      ],
      cwd: directory,
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("OpenSSL accepts a certificate for a host and one for an address under strict checks", async () => {
  const named = await authority.issue("api.example.test");
  assertEquals(
    await opensslVerifies(named.certificate, "-verify_hostname", "api.example.test"),
    "leaf.pem: OK\n",
  );
  const addressed = await authority.issue("127.0.0.1");
  assertEquals(await opensslVerifies(addressed.certificate, "-verify_ip", "127.0.0.1"), "leaf.pem: OK\n");
});

Deno.test("concurrent callers share one certificate, regardless of letter case", async () => {
  const [first, second, third] = await Promise.all([
    authority.issue("parallel.example.test"),
    authority.issue("parallel.example.test"),
    authority.issue("PARALLEL.example.test"),
  ]);
  assertEquals([second.certificate, third.certificate], [first.certificate, first.certificate]);
  assert((await authority.issue("other.example.test")).certificate !== first.certificate);
});

Deno.test("a chain includes its CA and the fields that strict clients require", async () => {
  const { certificate } = await authority.issue("fields.example.test");
  const [leaf, ca] = certificate.match(/-----BEGIN[^]+?END CERTIFICATE-----/g) ?? [];
  assert(leaf !== undefined && ca !== undefined);
  const parsed = new X509Certificate(leaf);
  assertEquals(ca, authority.certificate.trim());
  assertEquals(parsed.subjectAltName, "DNS:fields.example.test");
  assertEquals(parsed.ca, false);
  assert(Date.parse(parsed.validFrom) <= Date.now() - 3_500_000, parsed.validFrom);
  assert(Date.parse(parsed.validTo) < Date.now() + 398 * 86_400_000, parsed.validTo);
});

Deno.test("the interception CA does not expose its private key", () => {
  assertEquals(Object.keys(authority).toSorted(), ["certificate", "issue"]);
});

Deno.test("a name of more than 64 characters is in the subjectAltName completely", async () => {
  const host = `${"a".repeat(60)}.${"b".repeat(40)}.example.test`;
  const { certificate, privateKey } = await authority.issue(host);
  assertEquals(new X509Certificate(certificate).checkHost(host), host);
  assert(tls.createSecureContext({ cert: certificate, key: privateKey }) !== undefined);
});
