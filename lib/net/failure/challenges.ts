/**
 * Which kinds of authentication a server or proxy asks for.
 *
 * @module
 */

/**
 * The schemes of a `Proxy-Authenticate` header, without their parameters (RFC 9110 §11.6.1).
 */
export function challengesOf(header: string | null): readonly string[] {
  if (header === null) return [];
  const schemes = header.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(",")
    .map((part) => /^\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|$)(?!\s*=)/.exec(part)?.[1] ?? "")
    .filter((scheme) => scheme !== "");
  return [...new Set(schemes)];
}
