/**
 * The sticky state of a turn: a word of the server that routes the later requests of the same turn to the
 * place where the first one was served.
 *
 * @module
 */

/** The header, and the key in `client_metadata`, under which it travels. */
export const TURN_STATE = "x-codex-turn-state";

/** What can stand in a header again. Some come in JSON, where everything can stand. */
const HEADER_TEXT = /^[\x21-\x7e][\x20-\x7e]{0,8191}$/;

/** A cell that keeps the first value it is given. One a turn. */
export class TurnState {
  #value: string | undefined;

  /** The value, once the server has said one. */
  get value(): string | undefined {
    return this.#value;
  }

  /** Keeps `value` unless there is one already. What is absent, empty or no header text is ignored. */
  offer(value: string | null | undefined): void {
    if (typeof value === "string" && HEADER_TEXT.test(value)) this.#value ??= value;
  }
}
