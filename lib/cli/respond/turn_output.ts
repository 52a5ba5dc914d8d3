/**
 * What a turn prints. Two ways: the text of the answer and nothing else, or one JSON object a line.
 *
 * @module
 */
import type { Redactor } from "../../redaction/redactor.ts";
import { redactError } from "../output/render_error.ts";
import type { AnswerCollector } from "../../responses/turn/reading/answer_collector.ts";
import type { EventBatch, ResultEvent, StreamItem } from "../../responses/events/events.ts";

/** Turns batches of events into what is written to stdout. */
export interface TurnOutput {
  /** The text for one batch; empty when there is nothing to write yet. */
  readonly render: (batch: EventBatch) => string;
  /** The last words, once the result is known. */
  readonly finish: (result: ResultEvent) => string;
}

/** One event as one line of JSON: byte for byte as it was received, where it came off a wire in one line. */
export function jsonLine({ event, text }: StreamItem): string {
  if (text === undefined) return `${JSON.stringify(event.type === "other" ? event.payload : event)}\n`;
  // SSE joins several data lines with newlines, which JSON allows between tokens and JSONL does not.
  return text.includes("\n") || text.includes("\r") ? `${text.replace(/[\r\n]+/g, " ")}\n` : `${text}\n`;
}

/** The last line. */
export function resultLine(result: ResultEvent, redact: Redactor): string {
  return jsonLine({
    event: { ...result, error: result.error === null ? null : redactError(result.error, redact) },
  });
}

/**
 * `--json`. The result is held back for {@link TurnOutput.finish}.
 *
 * @param redact for what the result quotes of servers and files
 */
export function jsonOutput(redact: Redactor): TurnOutput {
  return {
    render: (batch) => {
      let lines = "";
      for (const item of batch) if (item.event.type !== "culvert.result") lines += jsonLine(item);
      return lines;
    },
    finish: (result) => resultLine(result, redact),
  };
}

/**
 * The text of the answer alone.
 *
 * @param collector takes the text in
 * @param endLine whether to end the last line, as a terminal wants it
 */
export function textOutput(collector: AnswerCollector, endLine: boolean): TurnOutput {
  return {
    render: (batch) => collector.take(batch),
    finish: () => endLine && collector.isLineOpen ? "\n" : "",
  };
}
