/**
 * What a trace holds of the conversation so far.
 *
 * @module
 */

/** What the trace holds of the conversation so far. */
export class History {
  readonly #items = new Set<string>();
  readonly #responses = new Set<string>();
  readonly #calls = new Map<string, string>();

  /** Notes an item. @returns whether it is new */
  accept(itemId: string): boolean {
    if (this.#items.has(itemId)) return false;
    this.#items.add(itemId);
    return true;
  }

  /** Notes that the trace holds a response and its request. */
  addResponse(responseId: string): void {
    this.#responses.add(responseId);
  }

  /** Whether the trace holds a response, so that a request may be recorded as what follows it. */
  hasResponse(responseId: string): boolean {
    return this.#responses.has(responseId);
  }

  /** Notes the turn in which a tool was called. */
  addCall(callId: string, turnId: string): void {
    this.#calls.set(callId, turnId);
  }

  /** Returns the turn in which a tool was called. */
  turnOf(callId: string): string | undefined {
    return this.#calls.get(callId);
  }
}
