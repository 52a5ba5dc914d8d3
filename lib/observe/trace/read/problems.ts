/**
 * The problems of a trace that could be read.
 *
 * @module
 */

/** Maximum number of problems that are described; the others are only counted. */
const DESCRIBED = 50;

/** Collects problems. */
export class Problems {
  readonly #described: string[] = [];
  #count = 0;

  /** Adds a problem. @param text a sentence without a full stop */
  add(text: string): void {
    this.#count++;
    if (this.#described.length < DESCRIBED) this.#described.push(text);
  }

  /** The problems in the order in which they were found. */
  get all(): readonly string[] {
    const left = this.#count - this.#described.length;
    return left === 0 ? this.#described : [...this.#described, `${left} more problems`];
  }
}
