/**
 * Formats the subject or issuer of a certificate as one line of text.
 *
 * @module
 */
import { removeControls } from "../../text/control_characters.ts";
import { childrenOf, contentOf, type DerElement, readElement, TAG } from "./der.ts";
import { dottedIdentifier } from "./object_identifier.ts";

const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.97": "organizationIdentifier",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

const BMP_STRING = 0x1e;
const UNIVERSAL_STRING = 0x1c;
const T61_STRING = 0x14;

/**
 * Formats a Name (RFC 5280 §4.1.2.4), last part first as in RFC 4514: `CN=Corp Root, O=Corp`. Control characters
 * are replaced by U+FFFD, so that a certificate cannot control the terminal that it is printed on.
 *
 * @param name the DER of the Name, header included
 * @returns the line; `(empty)` for a Name without parts; `(unreadable)` where the bytes are not a Name
 */
export function formatName(name: Uint8Array): string {
  const outer = readElement(name, 0);
  const parts = outer === undefined ? undefined : childrenOf(name, outer);
  if (parts === undefined) return "(unreadable)";
  const texts = parts.toReversed().map((part) =>
    (childrenOf(name, part) ?? []).map((pair) => attribute(name, pair)).join("+")
  );
  return texts.length === 0 ? "(empty)" : texts.join(", ");
}

function attribute(bytes: Uint8Array, pair: DerElement): string {
  const [type, value] = childrenOf(bytes, pair) ?? [];
  if (type === undefined || value === undefined) return "?";
  const dotted = type.tag === TAG.objectIdentifier ? dottedIdentifier(contentOf(bytes, type)) : undefined;
  const key = dotted === undefined ? "?" : ATTRIBUTES[dotted] ?? dotted;
  return `${key}=${removeControls(decodeString(value.tag, contentOf(bytes, value)))}`;
}

function decodeString(tag: number, content: Uint8Array): string {
  if (tag === BMP_STRING) return new TextDecoder("utf-16be").decode(content);
  if (tag === T61_STRING) return new TextDecoder("latin1").decode(content);
  if (tag === UNIVERSAL_STRING) {
    return new TextDecoder("utf-16be").decode(content.filter((_, index) => index % 4 >= 2));
  }
  return new TextDecoder().decode(content);
}
