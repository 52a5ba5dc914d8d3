/**
 * What a replay served, and what it could not.
 *
 * @module
 */
import type { Difference } from "./message_difference.ts";
import type { RecordedAnswer, RecordedAnswers } from "./recorded_answer.ts";

/** A request that no recorded one matched. */
export interface Miss {
  readonly request: string;
  /** Name of the recorded request that is most like it. */
  readonly nearest?: string;
  readonly difference?: Difference;
}

/** The report of a replay. */
export interface ReplayReport {
  /** Answers that were served, with how often. */
  readonly used: readonly { readonly name: string; readonly request: string; readonly times: number }[];
  readonly unused: readonly { readonly name: string; readonly request: string }[];
  readonly unmatched: readonly Miss[];
  /** The faults that hit no model call, as the user wrote them. */
  readonly unapplied_faults: readonly string[];
}

/** Returns the report on the answers of a capture. */
export function reportOn(
  answers: RecordedAnswers,
  unmatched: readonly Miss[],
): Omit<ReplayReport, "unapplied_faults"> {
  const all = [
    ...answers.http,
    ...answers.messages,
    ...answers.sockets.filter(({ exchange }) => exchange.open === undefined),
  ];
  const named = (answer: RecordedAnswer) => ({ name: answer.name, request: requestLine(answer) });
  return {
    used: all.filter(({ used }) => used > 0).map((answer) => ({ ...named(answer), times: answer.used })),
    unused: all.filter(({ used }) => used === 0).map(named),
    unmatched,
  };
}

/** Returns a recorded request in one line. */
export function requestLine({ method, path, query, replies }: RecordedAnswer): string {
  return `${replies === undefined ? method : "WEBSOCKET"} ${path}${query}`;
}
