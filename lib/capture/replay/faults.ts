/**
 * Faults that a replay adds on demand.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";

/** What goes wrong. */
export type FaultKind = "cut" | "half-close" | "stall" | "invalid-json" | "status";

/** One fault. */
export interface Fault {
  /** As the user wrote it. */
  readonly notation: string;
  readonly kind: FaultKind;
  /** After so many events of the response; of `status`: the HTTP status. */
  readonly value: number;
  /** Seconds of a Retry-After field. */
  readonly retryAfter?: number;
  /** Number of the model call that it hits, from 1; `undefined` hits every one. */
  readonly call: number | undefined;
}

/** The notation of faults, for messages and help. */
const FAULT_NOTATION =
  "cut@EVENTS, half-close@EVENTS, stall@EVENTS, invalid-json@EVENTS, STATUS or STATUS:RETRY_AFTER, then #CALL or #all";

/**
 * Parses a fault, such as `cut@3`, `429:2#2` or `426#all`. Without `#` it hits the first model call.
 *
 * @throws CulvertError `usage`
 */
export function parseFault(input: string): Fault {
  const match =
    /^(?:(cut|half-close|stall|invalid-json)@(\d{1,6})|([45]\d\d)(?::(\d{1,5}))?)(?:#(all|[1-9]\d{0,5}))?$/
      .exec(input);
  if (match === null) {
    throw new CulvertError("usage", `--fault ${input} is not a fault`, {
      hint: `Write ${FAULT_NOTATION}.`,
      details: { flag: "--fault", value: input },
    });
  }
  const [, kind, events, status, retryAfter, call] = match;
  return {
    notation: input,
    kind: kind === "cut" || kind === "half-close" || kind === "stall" || kind === "invalid-json"
      ? kind
      : "status",
    value: Number(events ?? status),
    ...(retryAfter === undefined ? {} : { retryAfter: Number(retryAfter) }),
    call: call === "all" ? undefined : Number(call ?? 1),
  };
}

/** Tells whether a fault breaks the connection. */
export function breaksConnection(fault: Fault | undefined): boolean {
  return fault?.kind === "cut" || fault?.kind === "half-close";
}

/** The faults of one replay, by the number of the model call that they hit. */
export class FaultPlan {
  readonly #faults: readonly Fault[];
  readonly #applied = new Set<Fault>();
  #calls = 0;

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  /**
   * Counts a model call, and returns the fault that hits it. The status 426 refuses only websockets, because it asks a
   * client to send the same call by HTTP.
   *
   * @param events number of events or messages of its recorded answer
   */
  next(events: number): Fault | undefined {
    const call = ++this.#calls;
    const fault = this.#faults.find((each) =>
      !refusesWebSockets(each) && (each.call === undefined || each.call === call)
    );
    // A body without events is cut as a whole.
    const isReached = fault?.kind === "status" || (fault?.value ?? 0) < events ||
      (events === 0 && breaksConnection(fault));
    if (fault !== undefined && isReached) this.#applied.add(fault);
    return fault;
  }

  /** Returns the fault that refuses websockets. */
  refusal(): Fault | undefined {
    const fault = this.#faults.find(refusesWebSockets);
    if (fault !== undefined) this.#applied.add(fault);
    return fault;
  }

  /** Returns the faults that no model call reached, as the user wrote them. */
  unapplied(): readonly string[] {
    return this.#faults.filter((fault) => !this.#applied.has(fault)).map(({ notation }) => notation);
  }
}

function refusesWebSockets({ kind, value }: Fault): boolean {
  return kind === "status" && value === 426;
}
