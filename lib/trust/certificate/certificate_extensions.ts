/**
 * Reads the extensions of a certificate that explain why a TLS library refuses what it issues: name constraints,
 * critical extensions and alternative names.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import { removeControls } from "../../text/control_characters.ts";
import { childrenOf, contentOf, type DerElement, readElement, TAG } from "../encoding/der.ts";
import { formatName } from "../encoding/distinguished_name.ts";
import { dottedIdentifier } from "../encoding/object_identifier.ts";

/** The names that a CA may or must not issue for (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  /** Such as `DNS:corp.example`, `IP:10.0.0.0/255.0.0.0`. */
  readonly permitted: readonly string[];
  readonly excluded: readonly string[];
}

/** Extensions of a certificate. */
export interface CertificateExtensions {
  /** Object identifiers of critical extensions that webpki does not process. */
  readonly unknownCritical: readonly string[];
  readonly nameConstraints?: NameConstraints;
  /** `dNSName` entries of the subjectAltName (RFC 5280 §4.2.1.6). */
  readonly dnsNames: readonly string[];
}

/** Extensions that webpki processes (0.103). */
const PROCESSED = new Set(["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.37"]);
const ALTERNATIVE_NAMES = "2.5.29.17";
const NAME_CONSTRAINTS = "2.5.29.30";

/**
 * Reads the extensions. Malformed ones are skipped.
 *
 * @param der exactly one certificate
 */
export function readExtensions(der: Uint8Array): CertificateExtensions {
  const unknownCritical: string[] = [];
  let nameConstraints: NameConstraints | undefined;
  let dnsNames: readonly string[] = [];
  for (const { id, isCritical, value } of extensionsOf(der)) {
    if (isCritical && !PROCESSED.has(id)) unknownCritical.push(id);
    const content = readElement(der, value.contentStart, value.contentEnd);
    if (content === undefined) continue;
    if (id === NAME_CONSTRAINTS) nameConstraints = constraintsOf(der, content);
    if (id === ALTERNATIVE_NAMES) {
      dnsNames = (childrenOf(der, content) ?? []).filter(({ tag }) => tag === 0x82).map((name) =>
        text(der, name)
      );
    }
  }
  return { unknownCritical, dnsNames, ...(nameConstraints === undefined ? {} : { nameConstraints }) };
}

interface Extension {
  readonly id: string;
  readonly isCritical: boolean;
  readonly value: DerElement;
}

function extensionsOf(der: Uint8Array): readonly Extension[] {
  const outer = readElement(der, 0);
  const [tbs] = outer === undefined ? [] : childrenOf(der, outer) ?? [];
  const wrapper = tbs === undefined
    ? undefined
    : childrenOf(der, tbs)?.find(({ tag }) => tag === TAG.context3);
  const [list] = wrapper === undefined ? [] : childrenOf(der, wrapper) ?? [];
  const elements = list === undefined ? [] : childrenOf(der, list) ?? [];
  return elements.flatMap((element) => {
    const parts = childrenOf(der, element) ?? [];
    const [name, second] = parts;
    const value = parts.at(-1);
    const id = name?.tag === TAG.objectIdentifier ? dottedIdentifier(contentOf(der, name)) : undefined;
    if (id === undefined || value?.tag !== TAG.octetString) return [];
    const isCritical = second?.tag === TAG.boolean && der[second.contentStart] !== 0;
    return [{ id, isCritical, value }];
  });
}

function constraintsOf(der: Uint8Array, sequence: DerElement): NameConstraints {
  const lists = childrenOf(der, sequence) ?? [];
  const namesOf = (tag: number) =>
    lists.filter((list) => list.tag === tag).flatMap((list) => childrenOf(der, list) ?? [])
      .flatMap((subtree) => childrenOf(der, subtree)?.slice(0, 1) ?? []).map((base) =>
        generalName(der, base)
      );
  return { permitted: namesOf(TAG.context0), excluded: namesOf(TAG.context1) };
}

/** Formats a GeneralName (RFC 5280 §4.2.1.6), with its kind as a prefix. */
function generalName(der: Uint8Array, name: DerElement): string {
  switch (name.tag) {
    case 0x81:
      return `email:${text(der, name)}`;
    case 0x82:
      return `DNS:${text(der, name)}`;
    case 0x86:
      return `URI:${text(der, name)}`;
    case 0x87:
      return `IP:${addressRange(contentOf(der, name))}`;
    case 0xa4: {
      const [directory] = childrenOf(der, name) ?? [];
      return `directory:${
        directory === undefined ? "(unreadable)" : formatName(der.subarray(directory.start, directory.end))
      }`;
    }
    default:
      return `other:${name.tag.toString(16)}`;
  }
}

/** Formats an address and its mask, 8 bytes for IPv4 and 32 for IPv6. */
function addressRange(bytes: Uint8Array): string {
  if (bytes.length === 8) return `${[...bytes.subarray(0, 4)].join(".")}/${[...bytes.subarray(4)].join(".")}`;
  if (bytes.length !== 32) return "(unreadable)";
  const words = Array.from(
    { length: 16 },
    (_, index) => (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return `${words.slice(0, 8).join(":")}/${words.slice(8).join(":")}`;
}

function text(der: Uint8Array, element: DerElement): string {
  return removeControls(new TextDecoder().decode(contentOf(der, element)));
}

/** Returns whether a name is an IPv4 or IPv6 address. */
function isAddress(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || (name.includes(":") && /^[0-9a-f:.]{2,45}$/i.test(name));
}

/** Kinds of name constraints that webpki cannot process (0.103). */
const UNPROCESSED_NAMES = /^(?:email|URI|other):/;

/**
 * Returns warnings about extensions for which a TLS library may refuse the certificate or what it issues.
 *
 * @param extensions from {@link readExtensions}
 * @param which the certificate's name in the messages, such as `Certificate 2`
 * @param subject its subject
 * @param line its line, if it is in a bundle
 */
export function extensionWarnings(
  { unknownCritical, nameConstraints, dnsNames }: CertificateExtensions,
  which: string,
  subject: string,
  line?: number,
): readonly Warning[] {
  const found: (readonly [string, string])[] = [];
  if (unknownCritical.length > 0) {
    found.push([
      "unknown_critical_extension",
      `has the critical extension ${
        unknownCritical.join(", ")
      }, which TLS libraries that do not know it must refuse`,
    ]);
  }
  const names = [...nameConstraints?.permitted ?? [], ...nameConstraints?.excluded ?? []];
  const unprocessed = names.filter((name) => UNPROCESSED_NAMES.test(name));
  if (unprocessed.length > 0) {
    found.push([
      "unprocessed_name_constraints",
      `has name constraints that the TLS library cannot process (${unprocessed.join(", ")}), ` +
      "so that it may refuse every certificate that this CA issued",
    ]);
  }
  const addresses = dnsNames.filter(isAddress);
  if (addresses.length > 0) {
    found.push([
      "address_as_dns_name",
      `has the IP address ${addresses.join(", ")} as a DNS name, which is not valid for an address; ` +
      "it must be an iPAddress entry of the subjectAltName",
    ]);
  }
  return found.map(([code, fault]) => ({
    code,
    message: `${which} ${fault}: ${subject}`,
    ...(line === undefined ? {} : { line }),
  }));
}
