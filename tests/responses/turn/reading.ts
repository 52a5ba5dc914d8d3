/** A turn that was read to its end, by the library in this process or from the stdout of the program. */
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

/** Returns the reading of these events; throws unless the last one is the only result. */
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

/** Returns the reading of the output of `culvert respond --json`. */
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

/** Returns a check that the turn failed with this code, exit code, and text in its message. */
export function failsWith(code: string, exit: number, part = ""): (reading: Reading) => void {
  return ({ result }) => {
    assertEquals([result.error?.code, result.exit_code], [code, exit]);
    assertIncludes(result.error?.message ?? "", part);
  };
}

/** A row of a table: the data that the server sends, and the check of the turn. */
export interface EventRow {
  readonly name: string;
  /** Objects are sent as JSON, texts as they are. */
  readonly events: readonly (object | string)[];
  /** Headers of the answer to the POST. A row with headers does not apply to a websocket. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The stream stays open after the events. */
  readonly isHeld?: boolean;
  readonly check: (reading: Reading) => void;
}
