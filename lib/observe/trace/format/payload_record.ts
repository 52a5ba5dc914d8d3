/**
 * Records of payloads in a shard (schema 3): a shard is one zstd frame, in which records follow each other without
 * padding.
 *
 * @module
 */

/** Length of the lengths before id and JSON, bytes: unsigned 16 bit and unsigned 64 bit, little endian. */
const LENGTHS = 10;

/** One payload. */
export interface PayloadRecord {
  /** `raw_payload:N`. */
  readonly id: string;
  /** Compact JSON. */
  readonly json: string;
}

/**
 * Encodes a payload for its shard, before compression.
 *
 * @param id ASCII, at most 65,535 characters
 */
export function encodeRecord({ id, json }: PayloadRecord): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const name = encoder.encode(id);
  const body = encoder.encode(json);
  const record = new Uint8Array(LENGTHS + name.length + body.length);
  const view = new DataView(record.buffer);
  view.setUint16(0, name.length, true);
  view.setBigUint64(2, BigInt(body.length), true);
  record.set(name, LENGTHS);
  record.set(body, LENGTHS + name.length);
  return record;
}

/** A record, or the number of bytes from the start of the array that are needed to decode it. */
export type FoundRecord =
  | { readonly record: PayloadRecord; readonly end: number }
  | { readonly needed: number };

/**
 * Decodes the record that begins at a position of a decompressed shard.
 *
 * @param start index of its first byte
 */
export function recordAt(shard: Uint8Array, start: number): FoundRecord {
  if (start + LENGTHS > shard.length) return { needed: start + LENGTHS };
  const view = new DataView(shard.buffer, shard.byteOffset, shard.byteLength);
  const body = start + LENGTHS + view.getUint16(start, true);
  const end = body + Number(view.getBigUint64(start + 2, true));
  if (end > shard.length) return { needed: end };
  const decoder = new TextDecoder();
  const id = decoder.decode(shard.subarray(start + LENGTHS, body));
  return { record: { id, json: decoder.decode(shard.subarray(body, end)) }, end };
}

/**
 * Decodes the records of a shard, after decompression. A truncated record, as after a crash of the writer,
 * ends the sequence.
 */
export function* decodeRecords(shard: Uint8Array): Generator<PayloadRecord, { readonly isTorn: boolean }> {
  let start = 0;
  while (start < shard.length) {
    const found = recordAt(shard, start);
    if ("needed" in found) return { isTorn: true };
    yield found.record;
    start = found.end;
  }
  return { isTorn: false };
}
