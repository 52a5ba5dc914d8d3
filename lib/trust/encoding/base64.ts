/**
 * Base64 of PEM bodies: decodes them, reports the position of an error, and writes canonical blocks.
 *
 * @module
 */

/** One line of a body, with its line number in the file. */
export interface BodyLine {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

/** The decoded bytes, or the reason why the body cannot be decoded. */
export type DecodedBody =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string };

const PEM_COLUMNS = 64;

/**
 * Decodes a body: standard alphabet, blanks anywhere, padding optional but exact if there is any, left-over
 * bits not checked. The codex client (0.171.0) accepts the same, and no other reader accepts more.
 *
 * @param lines the body, without markers and headers
 */
export function decodeBody(lines: readonly BodyLine[]): DecodedBody {
  let text = "";
  for (const line of lines) text += line.text;
  try {
    // The "forgiving-base64 decode" of the WHATWG Infra standard.
    const bytes = Uint8Array.fromBase64(text.replace(OTHER_BLANKS, ""));
    return bytes.length === 0 ? { ok: false, reason: "its body is empty" } : { ok: true, bytes };
  } catch {
    // The platform's error contains neither the reason nor the position.
    return { ok: false, reason: explain(lines) };
  }
}

/**
 * Writes a certificate as one canonical PEM block: 64 columns, LF, a newline at the end.
 *
 * @param der exactly one certificate
 */
export function certificatePem(der: Uint8Array): string {
  const text = der.toBase64();
  let block = "-----BEGIN CERTIFICATE-----\n";
  for (let at = 0; at < text.length; at += PEM_COLUMNS) block += `${text.slice(at, at + PEM_COLUMNS)}\n`;
  return `${block}-----END CERTIFICATE-----\n`;
}

/** Blanks that the platform's decoder does not skip. */
const OTHER_BLANKS = /[\v\u00a0\ufeff\u200b\u2028\u2029]/g;

function explain(lines: readonly BodyLine[]): string {
  let count = 0;
  let padding = 0;
  for (const { text, line } of lines) {
    for (const character of text) {
      if (/[\s\u200b]/.test(character)) continue;
      if (character === "=") {
        padding++;
        continue;
      }
      if (!/[A-Za-z0-9+/]/.test(character)) return `its body has ${nameOf(character)} on line ${line}`;
      if (padding > 0) return `its body continues after the padding on line ${line}`;
      count++;
    }
  }
  const last = lines.at(-1)?.line;
  const where = last === undefined ? "" : ` on line ${last}`;
  return count % 4 === 1
    ? `its body is truncated: one character of base64 is left over${where}`
    : `its body ends in ${padding} "=" instead of ${(4 - count % 4) % 4} belong${where}`;
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code === 0xfffd) return "a byte that is not base64";
  if (code < 0x20 || code > 0x7e) return `the character ${point}`;
  return character === "-" || character === "_"
    ? `"${character}" (the URL alphabet; PEM has "+" and "/")`
    : `the character "${character}"`;
}
