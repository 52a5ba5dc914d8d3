/**
 * The part of the conversation that a trace contains so far.
 *
 * @module
 */

/** The part of the conversation that the trace contains so far. */
export class History {
  readonly #items = new Set<string>();
  readonly #responses = new Set<string>();
  readonly #calls = new Map<string, string>();

  /** Adds an item. @returns whether it is new */
  accept(itemId: string): boolean {
    if (this.#items.has(itemId)) return false;
    this.#items.add(itemId);
    return true;
  }

  /** Marks a response and its request as contained in the trace. */
  addResponse(responseId: string): void {
    this.#responses.add(responseId);
  }

  /** Returns whether the trace contains a response, so that a request may be recorded as its continuation. */
  hasResponse(responseId: string): boolean {
    return this.#responses.has(responseId);
  }

  /** Records the turn in which a tool was called. */
  addCall(callId: string, turnId: string): void {
    this.#calls.set(callId, turnId);
  }

  /** Returns the turn in which a tool was called. */
  turnOf(callId: string): string | undefined {
    return this.#calls.get(callId);
  }
}
