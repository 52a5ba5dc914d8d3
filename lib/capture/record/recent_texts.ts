/**
 * A cache by text, for the items of a session, which come again with every request.
 *
 * @module
 */

/** Texts that are kept in each of the two generations, UTF-16 units. */
const DEFAULT_LIMIT = 4 * 1024 * 1024;

interface Entry<Value> {
  readonly text: string;
  readonly value: Value;
}

/** Maps the texts that were used last to values. Memory is bounded by the length of the texts. */
export class RecentTexts<Value> {
  readonly #limit: number;
  #young = new Map<string, Entry<Value>>();
  #old: ReadonlyMap<string, Entry<Value>> = new Map();
  #length = 0;

  /** @param limit length of all texts of a generation, UTF-16 units */
  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /**
   * Returns the value of a text, and computes it where it is not known or no longer.
   *
   * @param compute receives a copy of the text, which the value may refer to
   */
  get(text: string, compute: (copy: string) => Value): Value {
    const young = this.#young.get(text);
    if (young !== undefined) return young.value;
    const entry = this.#old.get(text) ?? this.#entry(text, compute);
    if (this.#length + text.length > this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#length = 0;
    }
    this.#young.set(entry.text, entry);
    this.#length += text.length;
    return entry.value;
  }

  /** An item is a slice of its message, and a slice keeps the whole message in memory: so a copy is kept. */
  #entry(text: string, compute: (copy: string) => Value): Entry<Value> {
    const copy = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
    return { text: copy, value: compute(copy) };
  }
}
