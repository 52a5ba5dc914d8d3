/**
 * Converts values to payloads: JSON without secrets, in which items of conversations are stored once and long
 * texts are truncated.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Redactor } from "../../../../redaction/redactor.ts";
import type { PayloadKind, WrittenReference } from "../../format/payload_reference.ts";
import { splitJson } from "./split_json.ts";

/** A reference whose shard becomes known when its payload is written. */
export type PendingReference = { -readonly [K in keyof WrittenReference]: WrittenReference[K] };

/** A payload that is not written yet. */
export interface PendingPayload {
  readonly reference: PendingReference;
  readonly json: string;
  /** Length of the JSON, bytes. */
  readonly bytes: number;
}

/** A list within a value whose items are separate payloads. */
export interface ItemList {
  /** Name of the member; its present value is not used. */
  readonly key: string;
  readonly items: readonly WrittenReference[];
}

/** Builds the payloads of one trace. */
export class PayloadStore {
  readonly #redact: Redactor;
  readonly #maxBytes: number;
  /** Items by the hash of their JSON. */
  readonly #items = new Map<string, WrittenReference>();
  #pending: PendingPayload[] = [];
  #pendingBytes = 0;
  #next = 1;

  /**
   * @param redact removes secrets from JSON
   * @param maxBytes longest text, bytes of JSON; longer texts are truncated
   */
  constructor(redact: Redactor, maxBytes = Infinity) {
    this.#redact = redact;
    this.#maxBytes = maxBytes;
  }

  /** Length of the payloads that are not written yet, bytes. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Returns the payloads that are not written yet, and removes them. */
  takePending(): readonly PendingPayload[] {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return pending;
  }

  /** Stores items of a conversation. An item that is already stored is referenced again. */
  items(values: readonly unknown[]): readonly WrittenReference[] {
    return values.map((value) => {
      const json = JSON.stringify(value) ?? "null";
      const key = createHash("sha256").update(json).digest("base64");
      const known = this.#items.get(key);
      if (known !== undefined) return known;
      const reference = this.#add("model_item", this.#redact(json));
      this.#items.set(key, reference);
      return reference;
    });
  }

  /**
   * Stores a value.
   *
   * @param list a list of the value whose items are already stored
   */
  value(kind: PayloadKind, value: object, list?: ItemList): WrittenReference {
    const whole = list === undefined ? value : { ...value, [list.key]: [] };
    return this.#add(kind, this.#redact(JSON.stringify(whole)), list);
  }

  #add(kind: PayloadKind, json: string, list?: ItemList): WrittenReference {
    const bytes = byteLength(json);
    const hasItems = list !== undefined && list.items.length > 0;
    if (!hasItems && bytes <= this.#maxBytes) return this.#push(kind, json, bytes);
    const split = splitJson(json, {
      key: list?.key,
      items: list?.items.length ?? 0,
      maxBytes: this.#maxBytes,
    });
    if (split === undefined || split.parts.length === 0) return this.#cut(kind, json, bytes);
    const parts = split.parts.map((part) =>
      "item" in part ? list?.items[part.item] : this.#cut("content_value", part.json, byteLength(part.json))
    ).filter((part) => part !== undefined);
    const fragments = JSON.stringify(split.fragments);
    return this.#push(kind, fragments, byteLength(fragments), { parts });
  }

  /** Stores the beginning of a JSON text that is too long. */
  #cut(kind: PayloadKind, json: string, bytes: number): WrittenReference {
    if (bytes <= this.#maxBytes) return this.#push(kind, json, bytes);
    const kept = wholeCharacters(new TextEncoder().encode(json).subarray(0, this.#maxBytes));
    const retained = byteLength(kept);
    return this.#push(kind, kept, retained, {
      capture: { status: "truncated", original_bytes: bytes, retained_bytes: retained },
    });
  }

  #push(
    kind: PayloadKind,
    json: string,
    bytes: number,
    more: Pick<WrittenReference, "parts" | "capture"> = {},
  ): WrittenReference {
    const reference: PendingReference = {
      raw_payload_id: `raw_payload:${this.#next++}`,
      kind: { type: kind },
      shard: null,
      ...more,
    };
    this.#pending.push({ reference, json, bytes });
    this.#pendingBytes += bytes;
    return reference;
  }
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** Decodes UTF-8 without a truncated character at the end. */
function wholeCharacters(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes, { stream: true });
}
