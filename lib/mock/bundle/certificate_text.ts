/**
 * Prints a certificate like `openssl x509 -text` (3.0). Many company bundles contain this text before the
 * block of the certificate.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { childrenOf, contentOf, readElement } from "../../trust/encoding/der.ts";

/**
 * Returns the text dump.
 *
 * @param certificate DER of a certificate that {@link "../../pki/pki.ts"} made
 */
export function certificateText(certificate: Uint8Array): string {
  const facts = new X509Certificate(certificate);
  const { asymmetricKeyType, asymmetricKeyDetails } = facts.publicKey;
  const isEc = asymmetricKeyType === "ec";
  const bits = isEc ? 256 : asymmetricKeyDetails?.modulusLength ?? 2048;
  const signature = signatureOf(certificate);
  return [
    "Certificate:",
    "    Data:",
    "        Version: 3 (0x2)",
    "        Serial Number:",
    `            ${hexPairs(facts.serialNumber.toLowerCase())}`,
    `        Signature Algorithm: ${signature.algorithm}`,
    `        Issuer: ${oneLine(facts.issuer)}`,
    "        Validity",
    `            Not Before: ${facts.validFrom}`,
    `            Not After : ${facts.validTo}`,
    `        Subject: ${oneLine(facts.subject)}`,
    "        Subject Public Key Info:",
    `            Public Key Algorithm: ${isEc ? "id-ecPublicKey" : "rsaEncryption"}`,
    `                Public-Key: (${bits} bit)`,
    ...(isEc ? ["                ASN1 OID: prime256v1", "                NIST CURVE: P-256"] : []),
    "        X509v3 extensions:",
    "            X509v3 Basic Constraints: critical",
    `                CA:${facts.ca ? "TRUE" : "FALSE"}`,
    `    Signature Algorithm: ${signature.algorithm}`,
    "    Signature Value:",
    ...hexLines(signature.value).map((line) => `        ${line}`),
    "",
  ].join("\n");
}

/** Names of the signature algorithms that `pki.ts` uses, by the hexadecimal content of their identifiers. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  "2a8648ce3d0401": "ecdsa-with-SHA1",
  "2a8648ce3d040302": "ecdsa-with-SHA256",
  "2a8648ce3d040303": "ecdsa-with-SHA384",
  "2a864886f70d010105": "sha1WithRSAEncryption",
  "2a864886f70d01010b": "sha256WithRSAEncryption",
  "2a864886f70d01010c": "sha384WithRSAEncryption",
};

function signatureOf(certificate: Uint8Array): { readonly algorithm: string; readonly value: string } {
  const outer = readElement(certificate, 0);
  const [, algorithm, value] = outer === undefined ? [] : childrenOf(certificate, outer) ?? [];
  const [identifier] = algorithm === undefined ? [] : childrenOf(certificate, algorithm) ?? [];
  if (identifier === undefined || value === undefined) throw new TypeError("Not a certificate");
  const name = ALGORITHMS[contentOf(certificate, identifier).toHex()] ?? "unknown";
  return { algorithm: name, value: contentOf(certificate, value).subarray(1).toHex() };
}

function hexPairs(digits: string): string {
  return (digits.match(/../g) ?? []).join(":");
}

/** Formats 18 bytes per line, as OpenSSL 3 prints signatures. */
function hexLines(digits: string): string[] {
  return (digits.match(/.{1,36}/g) ?? []).map((line, index, lines) =>
    index === lines.length - 1 ? hexPairs(line) : `${hexPairs(line)}:`
  );
}

/** Formats `O=Corp\nCN=Root` as `O = Corp, CN = Root`. */
function oneLine(name: string): string {
  return name.split("\n").map((part) => part.replace("=", " = ")).join(", ");
}
