/**
 * Creates the taps of exchanges, assigns their identifiers, and isolates an exchange from errors of its tap.
 *
 * @module
 */
import { asCulvertError } from "../errors.ts";
import type { Direction, ExchangeEnd, ExchangeTap, TapFactory } from "./exchange_tap.ts";

const SILENT_TAP: ExchangeTap = { head: () => {}, bytes: () => {}, upgrade: () => {}, end: () => {} };

/** Creates the taps of exchanges. */
export class TapSource {
  readonly #factory: TapFactory | undefined;

  /** @param factory absent: nothing is recorded */
  constructor(factory: TapFactory | undefined) {
    this.#factory = factory;
  }

  /**
   * Creates the tap of an exchange that has just arrived. Its errors are ignored, since a fault in a recorder
   * must not fail the exchange, and each direction ends only once.
   *
   * @param connectionId from {@link nextConnectionId}
   */
  tap(connectionId: number): ExchangeTap {
    const factory = this.#factory;
    if (factory === undefined) return SILENT_TAP;
    let tap: ExchangeTap = SILENT_TAP;
    const guard = (call: () => void) => {
      try {
        call();
      } catch {
        tap = SILENT_TAP;
      }
    };
    const ended = new Set<Direction>();
    guard(() => tap = factory({ exchangeId: ++lastExchange, connectionId }));
    return {
      head: (head) => guard(() => tap.head(head)),
      bytes: (direction, data, at) => guard(() => tap.bytes(direction, data, at)),
      upgrade: (head) => guard(() => tap.upgrade(head)),
      end: (end: ExchangeEnd) => {
        if (ended.has(end.direction)) return;
        ended.add(end.direction);
        guard(() => tap.end(end));
      },
    };
  }
}

let lastExchange = 0;
let lastConnection = 0;

/** Returns the identifier of a connection that has just arrived, unique within the process. */
export function nextConnectionId(): number {
  return ++lastConnection;
}

/** Returns the reason of an end for an error; an empty object for `undefined`. */
export function reasonOf(error: unknown): Pick<ExchangeEnd, "error" | "code"> {
  if (error === undefined) return {};
  const { code, message } = asCulvertError(error);
  return { error: message, code };
}
