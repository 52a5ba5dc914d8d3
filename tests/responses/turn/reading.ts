/** A turn that was read to its end, whoever read it: the library in this process, or the program on its stdout. */
import type { ResponseEvent, ResultEvent } from "../../../lib/responses/events/events.ts";
import { parseEvent } from "../../../lib/responses/events/parse_event.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";

/** A turn, read to its end. */
export interface Reading {
  readonly events: readonly ResponseEvent[];
  readonly result: ResultEvent;
  /** Types in order; an event that passes through counts by its own name. */
  readonly types: readonly string[];
  readonly of: <T extends ResponseEvent["type"]>(type: T) => readonly Extract<ResponseEvent, { type: T }>[];
}

/** The reading of these events; throws unless the last one, and it alone, is the result. */
export function readingOf(events: readonly ResponseEvent[]): Reading {
  const last = events.at(-1);
  if (last?.type !== "culvert.result") throw new Error(`The last event is ${last?.type}`);
  assertEquals(events.filter((event) => event.type === "culvert.result").length, 1);
  return {
    events,
    result: last,
    types: events.map((event) => event.type === "other" ? event.name : event.type),
    of: (type) =>
      events.filter((event): event is Extract<ResponseEvent, { type: typeof type }> => event.type === type),
  };
}

/** The reading of what `culvert respond --json` printed. */
export function readingOfLines(stdout: string): Reading {
  return readingOf(stdout.trimEnd().split("\n").map(eventOfLine));
}

/** The event of one line of `--json`. */
export function eventOfLine(line: string): ResponseEvent {
  const event = parseEvent(line)?.event;
  if (event !== undefined) return event;
  const own: ResponseEvent = JSON.parse(line);
  return own;
}

export const CREATED = { type: "response.created", response: { id: "resp_1" } };
export const COMPLETED = { type: "response.completed", response: { id: "resp_1" } };
export const delta = (text: string) => ({ type: "response.output_text.delta", delta: text });
export const failed = (error: unknown) => ({ type: "response.failed", response: { id: "resp_1", error } });

/** A check that the turn failed with this code, exit status, and words in its message. */
export function failsWith(code: string, exit: number, part = ""): (reading: Reading) => void {
  return ({ result }) => {
    assertEquals([result.error?.code, result.exit_code], [code, exit]);
    assertIncludes(result.error?.message ?? "", part);
  };
}

/** What a row of a table says the server sends, and how a turn over it reads. */
export interface EventRow {
  readonly name: string;
  /** Objects are sent as JSON, texts as they are. */
  readonly events: readonly (object | string)[];
  /** Of the answer to the POST. A row with headers has no meaning on a websocket. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The stream stays open after the events. */
  readonly isHeld?: boolean;
  readonly check: (reading: Reading) => void;
}
