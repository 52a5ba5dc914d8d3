/** Builds valid and invalid bundles, as companies distribute them, from one new certificate. */
import type { Authority } from "../../../lib/pki/pki.ts";

const encoder = new TextEncoder();

/** Text to UTF-8. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** Joins pieces. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Base64 of bytes, in lines of `columns`. */
export function base64(bytes: Uint8Array, columns = 64): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replace(new RegExp(`.{1,${columns}}`, "g"), "$&\n");
}

/** One PEM block. */
export function block(label: string, bytes: Uint8Array, columns = 64): string {
  return `-----BEGIN ${label}-----\n${base64(bytes, columns)}-----END ${label}-----\n`;
}

/** UTF-16 of the text, with or without its byte-order mark. */
export function utf16(text: string, order: "le" | "be", mark: boolean): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 2 + (mark ? 2 : 0));
  const view = new DataView(bytes.buffer);
  const units = [...(mark ? [0xfeff] : []), ...Array.from(text, (_, index) => text.charCodeAt(index))];
  units.forEach((unit, index) => view.setUint16(index * 2, unit, order === "le"));
  return bytes;
}

/** One DER element, shortest length. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const inside = concat(...content);
  return concat(new Uint8Array([tag, ...derLength(inside.length)]), inside);
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

/** One element in the indefinite form of BER. */
export function indefinite(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(new Uint8Array([tag, 0x80]), ...content, new Uint8Array([0, 0]));
}

/** OBJECT IDENTIFIER id-kp-serverAuth. */
export const SERVER_AUTH = new Uint8Array([0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1]);
/** OBJECT IDENTIFIER id-kp-emailProtection. */
export const EMAIL = new Uint8Array([0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4]);

/** OpenSSL's X509_AUX. */
export function aux(options: {
  readonly trust?: readonly Uint8Array[];
  readonly reject?: readonly Uint8Array[];
  readonly alias?: string;
}): Uint8Array<ArrayBuffer> {
  return der(
    0x30,
    ...(options.trust === undefined ? [] : [der(0x30, ...options.trust)]),
    ...(options.reject === undefined ? [] : [der(0xa0, ...options.reject)]),
    ...(options.alias === undefined ? [] : [der(0x0c, utf8(options.alias))]),
  );
}

const SIGNED_DATA = new Uint8Array([0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]);
const DATA = new Uint8Array([0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);

/** PKCS#7 SignedData that carries certificates only, as Windows exports a chain. */
export function pkcs7(
  certificates: readonly Uint8Array[],
  element: typeof der = der,
): Uint8Array<ArrayBuffer> {
  const version = new Uint8Array([0x02, 1, 1]);
  const signed = element(
    0x30,
    version,
    der(0x31),
    element(0x30, DATA),
    element(0xa0, ...certificates),
    der(0x31),
  );
  return element(0x30, SIGNED_DATA, element(0xa0, signed));
}

/** The lines of base64 of a CA's certificate. */
export function bodyOf(authority: Authority): string {
  return base64(authority.der);
}

/** Removes version and extensions of a certificate: the result is X.509 version 1 with the same key. */
export function asVersion1(certificate: Uint8Array): Uint8Array<ArrayBuffer> {
  const [outerStart, outerEnd] = contentRange(certificate, 0);
  const [tbsStart, tbsEnd] = contentRange(certificate, outerStart);
  const fields: Uint8Array[] = [];
  for (let at = tbsStart; at < tbsEnd;) {
    const end = contentRange(certificate, at)[1];
    if (certificate[at] !== 0xa0 && certificate[at] !== 0xa3) fields.push(certificate.subarray(at, end));
    at = end;
  }
  return der(0x30, der(0x30, ...fields), certificate.subarray(tbsEnd, outerEnd));
}

/** Returns begin and end of the content of the element at `at`. */
function contentRange(bytes: Uint8Array, at: number): readonly [number, number] {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return [at + 2, at + 2 + first];
  const count = first & 0x7f;
  let length = 0;
  for (let index = 0; index < count; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  return [at + 2 + count, at + 2 + count + length];
}
