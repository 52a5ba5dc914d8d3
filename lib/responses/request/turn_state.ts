/**
 * The sticky state of a turn: a value of the server that routes later requests of the turn to the same backend.
 *
 * @module
 */

/** Name of the header, and of the key in `client_metadata`. */
export const TURN_STATE = "x-codex-turn-state";

/** Matches a valid header value. The state may be received in JSON, which allows other texts. */
const HEADER_TEXT = /^[\x21-\x7e][\x20-\x7e]{0,8191}$/;

/** Keeps the first value that it receives. Each turn has one. */
export class TurnState {
  #value: string | undefined;

  /** The value; `undefined` until the server has sent one. */
  get value(): string | undefined {
    return this.#value;
  }

  /**
   * Keeps `value` unless there is already one. A value that is absent, empty or not valid in a header is
   * ignored.
   */
  offer(value: string | null | undefined): void {
    if (typeof value === "string" && HEADER_TEXT.test(value)) this.#value ??= value;
  }
}
