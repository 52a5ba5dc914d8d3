/**
 * The part of DER (ITU-T X.690) that certificates, PKCS#7 and OpenSSL's trust settings need. The functions do not throw
 * and do not read beyond the given limit: for bytes that do not follow the grammar they return `undefined`.
 *
 * @module
 */

/** Tag bytes, with class and constructed bit. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context1: 0xa1,
  context3: 0xa3,
} as const;

/** The position of one element in its buffer. All offsets are in bytes. */
export interface DerElement {
  readonly tag: number;
  /** Offset of the tag byte. */
  readonly start: number;
  /** Offset of the first content byte. */
  readonly contentStart: number;
  /** Offset after the last content byte. */
  readonly contentEnd: number;
  /** Offset after the whole element; greater than `contentEnd` only for the indefinite form. */
  readonly end: number;
}

/** webpki reads lengths of up to two bytes and refuses longer ones (0.103; observed as BadEncoding). */
const LARGEST_LENGTH = 0xffff;

/** Deepest nesting of indefinite lengths that is read. */
const DEEPEST = 32;

/**
 * Reads one element by the rules of webpki, which verifies the trust anchors: low tag numbers only,
 * definite and shortest lengths, content below 65,535 bytes.
 *
 * @param bytes the buffer
 * @param offset where the element starts
 * @param limit one past the last byte that may be read; at most `bytes.length`
 */
export function readElement(
  bytes: Uint8Array,
  offset: number,
  limit: number = bytes.length,
): DerElement | undefined {
  const element = readHeader(bytes, offset, Math.min(limit, bytes.length));
  if (element === undefined || !element.isShortest) return undefined;
  const length = element.contentEnd - element.contentStart;
  return length < LARGEST_LENGTH ? element : undefined;
}

/**
 * Reads one element of BER: any definite length, and the indefinite form, as older tools write PKCS#7.
 *
 * @param bytes the buffer
 * @param offset where the element starts
 * @param limit one past the last byte that may be read; at most `bytes.length`
 */
export function readBerElement(
  bytes: Uint8Array,
  offset: number,
  limit: number = bytes.length,
  depth = 0,
): DerElement | undefined {
  const end = Math.min(limit, bytes.length);
  if (bytes[offset + 1] !== 0x80) return readHeader(bytes, offset, end);
  const tag = bytes[offset];
  if (offset + 2 > end || tag === undefined || depth >= DEEPEST) return undefined;
  let at = offset + 2;
  while (at + 2 <= end) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) {
      return { tag, start: offset, contentStart: offset + 2, contentEnd: at, end: at + 2 };
    }
    const child = readBerElement(bytes, at, end, depth + 1);
    if (child === undefined) return undefined;
    at = child.end;
  }
  return undefined;
}

/**
 * Returns the elements inside another, or `undefined` if they do not fill it exactly.
 *
 * @param bytes the buffer from which `parent` was read
 * @param parent the outer element
 * @param read how to read each: {@link readElement} or {@link readBerElement}
 */
export function childrenOf(
  bytes: Uint8Array,
  parent: DerElement,
  read: (bytes: Uint8Array, offset: number, limit: number) => DerElement | undefined = readElement,
): readonly DerElement[] | undefined {
  const children: DerElement[] = [];
  let at = parent.contentStart;
  while (at < parent.contentEnd) {
    const child = read(bytes, at, parent.contentEnd);
    if (child === undefined) return undefined;
    children.push(child);
    at = child.end;
  }
  return children;
}

/** Returns a view of the content of an element. */
export function contentOf(bytes: Uint8Array, element: DerElement): Uint8Array {
  return bytes.subarray(element.contentStart, element.contentEnd);
}

/** Returns a view of an element with its header. */
export function bytesOf(bytes: Uint8Array, element: DerElement): Uint8Array {
  return bytes.subarray(element.start, element.end);
}

/** Returns whether two arrays contain the same bytes. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/**
 * Returns the number of bytes of the first DER item of a buffer, header included, to cut a `TRUSTED CERTIFICATE` to its
 * certificate. The tag is not checked and a length need not be the shortest, as in the codex client (0.171.0).
 *
 * @returns the number of bytes, or `undefined` when the length is missing, indefinite or reaches past the end
 */
export function firstItemLength(bytes: Uint8Array): number | undefined {
  const element = readHeader(bytes, 0, bytes.length, true);
  return element === undefined ? undefined : element.end;
}

/**
 * Rewrites the outermost length in the shortest form. OpenSSL, and therefore curl and Node, accept a
 * certificate whose length has more bytes than necessary; webpki does not. The signature does not cover these
 * bytes.
 *
 * @param item exactly one item, as {@link firstItemLength} cuts it
 * @returns the item itself if its length is already in the shortest form
 */
export function withShortestLength(item: Uint8Array): Uint8Array {
  const header = readHeader(item, 0, item.length, true);
  if (header === undefined || header.isShortest) return item;
  const content = contentOf(item, header);
  const lengthBytes: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) lengthBytes.unshift(rest % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | lengthBytes.length, ...lengthBytes];
  const shortest = new Uint8Array(1 + length.length + content.length);
  shortest.set([header.tag, ...length]);
  shortest.set(content, 1 + length.length);
  return shortest;
}

interface Header extends DerElement {
  /** Whether the length is in the shortest form. */
  readonly isShortest: boolean;
}

function readHeader(bytes: Uint8Array, offset: number, limit: number, anyTag = false): Header | undefined {
  if (offset < 0 || offset + 2 > limit) return undefined;
  const tag = bytes[offset] ?? 0;
  const first = bytes[offset + 1] ?? 0;
  if (!anyTag && (tag & 0x1f) === 0x1f) return undefined;
  let contentStart = offset + 2;
  let length = first;
  let isShortest = true;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || contentStart + count > limit) return undefined;
    length = 0;
    for (let index = 0; index < count; index++) {
      length = length * 256 + (bytes[contentStart + index] ?? 0);
      if (length > limit) return undefined;
    }
    isShortest = bytes[contentStart] !== 0 && length >= 0x80;
    contentStart += count;
  }
  const end = contentStart + length;
  return end > limit ? undefined : { tag, start: offset, contentStart, contentEnd: end, end, isShortest };
}
