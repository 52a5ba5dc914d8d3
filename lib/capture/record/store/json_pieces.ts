/**
 * Splits a JSON text where its content repeats from one request to the next: at the elements of its upper arrays
 * (input items, tools) and at its long strings (instructions). The text is cut, never rewritten, so the parts put
 * together are the text, byte for byte.
 *
 * @module
 */

/** A part of a text. */
export interface Segment {
  /** Worth storing once. */
  readonly isPiece: boolean;
  /** An object in a list of messages, items or tools. What it means does not depend on what is around it. */
  readonly isItem: boolean;
  readonly text: string;
}

/** Names of the lists whose objects are items. */
const ITEM_LISTS: ReadonlySet<string> = new Set(["input", "messages", "output", "tools"]);

/** Containers deeper than this are not split. An event has its response at depth 1 and the output at depth 2. */
const MAX_DEPTH = 3;
/** Shorter elements of an array are no pieces, UTF-16 units: a reference would be as long. */
const SHORTEST_ELEMENT = 32;
/** Shorter values of an object are no pieces. */
const SHORTEST_MEMBER = 256;

/**
 * Splits a text in linear time.
 *
 * @param text any text; one that is no JSON object or array comes back whole
 */
export function splitJson(text: string): readonly Segment[] {
  const splitter = new Splitter(text);
  return splitter.run();
}

class Splitter {
  readonly #text: string;
  readonly #segments: Segment[] = [];
  /** Start of the text that is not in a segment yet. */
  #done = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): readonly Segment[] {
    this.#value(0, Infinity, 0);
    this.#literal(this.#text.length);
    return this.#segments;
  }

  /**
   * Reads one value and splits it, or makes one piece of it.
   *
   * @param at position of its first character or of blanks before it
   * @param name of the member that the value is, or that the list it is in is
   * @param shortest length from which a value that is not split is a piece
   * @returns the position after the value; the length of the text when it is malformed
   */
  #value(at: number, shortest: number, depth: number, name = ""): number {
    const start = skipBlanks(this.#text, at);
    const open = this.#text[start];
    // Within an array that is split, elements are pieces as a whole.
    const splits = (open === "{" || open === "[") && depth < MAX_DEPTH && shortest !== SHORTEST_ELEMENT;
    if (splits) {
      return open === "{" ? this.#object(start + 1, depth + 1) : this.#array(start + 1, depth + 1, name);
    }
    const end = skipValue(this.#text, start);
    if (end - start >= shortest) {
      this.#literal(start);
      const isItem = open === "{" && ITEM_LISTS.has(name);
      this.#segments.push({ isPiece: true, isItem, text: this.#text.slice(start, end) });
      this.#done = end;
    }
    return end;
  }

  #object(at: number, depth: number): number {
    const text = this.#text;
    for (let next = skipBlanks(text, at); next < text.length;) {
      if (text[next] === "}") return next + 1;
      if (text[next] === ",") {
        next = skipBlanks(text, next + 1);
        continue;
      }
      if (text[next] !== '"') return text.length;
      const name = text.slice(next + 1, skipValue(text, next) - 1);
      const colon = skipBlanks(text, skipValue(text, next));
      if (text[colon] !== ":") return text.length;
      next = skipBlanks(text, this.#value(colon + 1, SHORTEST_MEMBER, depth, name));
    }
    return text.length;
  }

  #array(at: number, depth: number, name: string): number {
    const text = this.#text;
    for (let next = skipBlanks(text, at); next < text.length;) {
      if (text[next] === "]") return next + 1;
      if (text[next] === ",") {
        next = skipBlanks(text, next + 1);
        continue;
      }
      const end = this.#value(next, SHORTEST_ELEMENT, depth, name);
      if (end <= next) return text.length;
      next = skipBlanks(text, end);
    }
    return text.length;
  }

  #literal(end: number): void {
    if (end > this.#done) {
      this.#segments.push({ isPiece: false, isItem: false, text: this.#text.slice(this.#done, end) });
    }
    this.#done = end;
  }
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (next < text.length && text.charCodeAt(next) <= 0x20) next++;
  return next;
}

/** Returns the position after the value at `at`, or the length of the text when the value does not end. */
function skipValue(text: string, at: number): number {
  const open = text[at];
  if (open === '"') return skipString(text, at);
  if (open !== "{" && open !== "[") {
    let next = at;
    while (next < text.length && !",]}:".includes(text[next] ?? "") && text.charCodeAt(next) > 0x20) next++;
    return next;
  }
  let depth = 0;
  for (let next = at; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === 0x22) next = skipString(text, next) - 1;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      depth--;
      if (depth === 0) return next + 1;
    }
  }
  return text.length;
}

function skipString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}
