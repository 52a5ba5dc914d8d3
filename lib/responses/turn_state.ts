/**
 * The sticky state of a turn: a word of the server that routes the later requests of the same turn to the
 * place where the first one was served.
 *
 * @module
 */

/** The header, and the key in `client_metadata`, under which it travels. */
export const TURN_STATE = "x-codex-turn-state";

/** A cell that keeps the first value it is given. One a turn. */
export class TurnState {
  #value: string | undefined;

  /** The value, once the server has said one. */
  get value(): string | undefined {
    return this.#value;
  }

  /** Keeps `value` unless there is one already. Empty and absent values are ignored. */
  offer(value: string | null | undefined): void {
    if (value) this.#value ??= value;
  }
}
