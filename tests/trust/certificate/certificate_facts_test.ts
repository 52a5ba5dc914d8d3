/**
 * Facts and weaknesses, compared with the requested certificate and with OpenSSL in Node's X509Certificate.
 */
import { X509Certificate } from "node:crypto";
import { createAuthority, createSelfSigned } from "../../../lib/pki/pki.ts";
import {
  type CertificateFacts,
  certificateFacts,
  weaknesses,
} from "../../../lib/trust/certificate/certificate_facts.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import * as shape from "../bundle/shapes.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

async function selfSigned(
  algorithm: RsaHashedKeyGenParams | EcKeyGenParams | { name: "Ed25519" },
  hash: string,
) {
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  assert("privateKey" in keys);
  const signingAlgorithm = { name: algorithm.name, hash, saltLength: 32 };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Weak Root, O=Corp",
    signingAlgorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return new Uint8Array(certificate.rawData);
}

function rsa(name: string, modulusLength: number, hash: string): RsaHashedKeyGenParams {
  return { name, modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash };
}

function factsOf(der: Uint8Array): CertificateFacts {
  const facts = certificateFacts(der);
  assert(facts !== undefined);
  return facts;
}

Deno.test("the facts of a certificate are those that were requested", async () => {
  const authority = await createAuthority("Corp Root", {
    notBefore: 0,
    notAfter: Date.UTC(2051, 0, 2, 3, 4, 5),
  });
  const facts = factsOf(authority.der);
  assertEquals(facts, {
    subject: "CN=Corp Root",
    issuer: "CN=Corp Root",
    notBefore: "1970-01-01T00:00:00Z",
    notAfter: "2051-01-02T03:04:05Z",
    version: 3,
    isCa: true,
    isSelfSigned: true,
    keyType: "ec",
    keyBits: 256,
    signatureHash: "sha256",
    sha256: new X509Certificate(authority.der).fingerprint256.replaceAll(":", "").toLowerCase(),
    altNames: [],
  });
});

Deno.test("a leaf has its names, and is neither a CA nor self-signed", async () => {
  const authority = await createAuthority("Corp Root");
  const leaf = await authority.issue({ commonName: "host", names: ["host.corp", "127.0.0.1"] });
  const facts = factsOf(new Uint8Array(new X509Certificate(leaf.certificate).raw));
  assertEquals([facts.isCa, facts.isSelfSigned, facts.issuer], [false, false, "CN=Corp Root"]);
  assertEquals(facts.altNames, ["DNS:host.corp", "IP Address:127.0.0.1"]);
});

Deno.test("a certificate whose issuer is its own name but whose signature is of another key is not self-signed", async () => {
  const pair = await createSelfSigned({ commonName: "x" });
  const der = new Uint8Array(new X509Certificate(pair.certificate).raw);
  assert(factsOf(der).isSelfSigned);
  // The signature is the last thing in it.
  der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
  assertEquals(factsOf(der).isSelfSigned, false);
});

Deno.test("kind and size of the key and the hash of the signature are reported for each algorithm", async () => {
  const cases = [
    [rsa("RSASSA-PKCS1-v1_5", 1024, "SHA-1"), "SHA-1", "rsa", 1024, "sha1"],
    [rsa("RSASSA-PKCS1-v1_5", 2048, "SHA-512"), "SHA-512", "rsa", 2048, "sha512"],
    [rsa("RSA-PSS", 2048, "SHA-256"), "SHA-256", "rsa", 2048, "sha256"],
    [{ name: "ECDSA", namedCurve: "P-384" }, "SHA-384", "ec", 384, "sha384"],
    [{ name: "Ed25519" }, "SHA-512", "ed25519", undefined, "none"],
  ] as const;
  for (const [algorithm, hash, type, bits, signature] of cases) {
    const facts = factsOf(await selfSigned(algorithm, hash));
    assertEquals([facts.keyType, facts.keyBits, facts.signatureHash], [type, bits, signature]);
    assertEquals(facts.subject, "O=Corp, CN=Weak Root");
    assert(facts.isSelfSigned, type);
  }
});

Deno.test("SHA-1, a short RSA key and version 1 are separate weaknesses", async () => {
  const weak = factsOf(await selfSigned(rsa("RSASSA-PKCS1-v1_5", 1024, "SHA-1"), "SHA-1"));
  assertEquals(weaknesses(weak, "Certificate 1", 7).map((warning) => [warning.code, warning.line]), [
    ["weak_root_signature", 7],
    ["weak_key", 7],
  ]);
  assertIncludes(weaknesses(weak, "Certificate 1")[1]?.message ?? "", "RSA key of 1024 bits");
  const { der } = await createAuthority("Old");
  assertEquals(weaknesses(factsOf(shape.asVersion1(der)), "It").map((warning) => warning.code), [
    "version_1",
  ]);
  assertEquals(weaknesses(factsOf(der), "It"), []);
  assertEquals(
    weaknesses({ ...weak, isSelfSigned: false, keyBits: 2048 }, "It").map((warning) => warning.code),
    [
      "weak_signature",
    ],
  );
});

Deno.test(
  skippedIf(ON_WINDOWS, "the facts are the same as those of Node, on every root of the machine"),
  async () => {
    const { rootsReader } = await import("../../../lib/trust/roots/system_roots.ts");
    const { processWorld } = await import("../../../lib/cli/app/process.ts");
    const { pems } = await rootsReader({ world: processWorld() }).mozilla();
    assert(pems.length > 50);
    for (const pem of pems) {
      const node = new X509Certificate(pem);
      const facts = factsOf(new Uint8Array(node.raw));
      assertEquals(facts.isCa, node.ca);
      assertEquals(Date.parse(facts.notAfter), Date.parse(node.validTo));
      assertEquals(facts.keyBits, node.publicKey.asymmetricKeyDetails?.modulusLength ?? facts.keyBits);
    }
  },
);
