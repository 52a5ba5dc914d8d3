/**
 * The payloads that the events of a trace refer to. Each is kept once, even if it is referenced several
 * times.
 *
 * @module
 */
import type { PayloadReference } from "../format/payload_reference.ts";
import type { RawPayload } from "./model.ts";

/** The payloads of one trace. */
export class PayloadTable {
  readonly #payloads = new Map<string, RawPayload>();

  /** Adds a payload with all of its parts, and returns its id. */
  add(reference: PayloadReference): string {
    const { raw_payload_id: id, kind, path, shard, parts, capture } = reference;
    if (this.#payloads.has(id)) return id;
    const ids = (parts ?? []).map((part) => this.add(part));
    // A payload that names itself among its parts gets no parts: the parts of each payload are added before
    // it.
    if (this.#payloads.has(id)) return id;
    this.#payloads.set(id, {
      raw_payload_id: id,
      kind: kind.type,
      ...(typeof path === "string" ? { path } : {}),
      ...(typeof shard === "number" ? { shard } : {}),
      ...(ids.length === 0 ? {} : { parts: ids }),
      ...(capture === undefined || capture === null ? {} : {
        capture: {
          status: capture.status,
          original_bytes: capture.original_bytes,
          ...(typeof capture.retained_bytes === "number" ? { retained_bytes: capture.retained_bytes } : {}),
        },
      }),
    });
    return id;
  }

  /** As {@link PayloadTable.add}; `null` for no payload. */
  addOptional(reference: PayloadReference | null | undefined): string | null {
    return reference === undefined || reference === null ? null : this.add(reference);
  }

  /** Returns a payload by its id. */
  get(id: string): RawPayload | undefined {
    return this.#payloads.get(id);
  }

  /** The payloads in the order in which they were first referred to. */
  get all(): ReadonlyMap<string, RawPayload> {
    return this.#payloads;
  }
}

/**
 * Returns the reference of a payload, its parts included.
 *
 * @param payloads the table, as a reduced trace contains it
 * @param known existing references; a part that several payloads share is created once
 * @returns `undefined` for an unknown id
 */
export function referenceOf(
  payloads: (id: string) => RawPayload | undefined,
  id: string,
  known = new Map<string, PayloadReference>(),
): PayloadReference | undefined {
  const before = known.get(id);
  if (before !== undefined) return before;
  const payload = payloads(id);
  if (payload === undefined) return undefined;
  const { kind, path, shard, parts, capture } = payload;
  const reference: PayloadReference = {
    raw_payload_id: id,
    kind: { type: kind },
    ...(path === undefined ? {} : { path }),
    ...(shard === undefined ? {} : { shard }),
    ...(parts === undefined ? {} : {
      parts: parts.flatMap((part) => referenceOf(payloads, part, known) ?? []),
    }),
    ...(capture === undefined ? {} : { capture }),
  };
  known.set(id, reference);
  return reference;
}
