/**
 * A realistic CA bundle of a company, with the mixed content of bundles that several people edited on several
 * systems: a root with OpenSSL's trust settings, a revocation list, a text dump, comments, and Windows line
 * ends.
 *
 * @module
 */
import { certificateText } from "./certificate_text.ts";
import type { Authority } from "../../pki/pki.ts";
import { trustedCertificatePem } from "./trusted_certificate.ts";

/**
 * Writes the bundle.
 *
 * @param interceptor issues the certificates that the company's proxy presents; it is in the bundle as a
 * TRUSTED CERTIFICATE, which the loaders of Deno and Node do not support
 * @param legacy another root of the company, with its text dump
 */
export async function companyBundle(interceptor: Authority, legacy: Authority): Promise<string> {
  const text = [
    "# Example Corp trusted roots, maintained by IT security\n",
    "# Rolled out by group policy: do not edit by hand\n\n",
    "# 1. Legacy root (until all branches have moved)\n",
    certificateText(legacy.der),
    legacy.certificate,
    "\n# Revocation list of the legacy root\n",
    await legacy.revocationList(),
    "\n# 2. TLS inspection\n",
    trustedCertificatePem(interceptor.der, {
      trust: ["serverAuth"],
      reject: ["emailProtection"],
      alias: "Example Corp TLS Inspection",
    }),
  ].join("");
  return text.replaceAll("\n", "\r\n");
}
