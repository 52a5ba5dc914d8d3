/**
 * What a turn prints. Two ways: the text of the answer and nothing else, or one JSON object a line.
 *
 * @module
 */
import type { Redactor } from "../../redaction.ts";
import type { EventBatch, ResponseEvent, ResultEvent, StreamItem } from "../../responses/events.ts";
import { redactError } from "../report_error.ts";

/** Turns batches of events into what is written to stdout. */
export interface TurnOutput {
  /** The text for one batch; empty when there is nothing to write yet. */
  readonly render: (batch: EventBatch) => string;
  /** The last words, once the result is known. */
  readonly finish: (result: ResultEvent) => string;
}

/** One event as one line of JSON: byte for byte as it was received, where it came off a wire in one line. */
export function jsonLine({ event, text }: StreamItem): string {
  // SSE joins several data lines with newlines, which JSON allows between tokens and JSONL does not.
  if (text !== undefined && !text.includes("\n") && !text.includes("\r")) return `${text}\n`;
  return `${JSON.stringify(event.type === "other" ? event.payload : event)}\n`;
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

/** Takes the text of the answer out of events, message by message, without what the model says to itself on the way. */
export class AnswerCollector {
  readonly #keeps: boolean;
  #pieces: string[] = [];
  #skipping = false;
  #messages = 0;
  #last = "";

  /** @param keeps whether {@link AnswerCollector.text} will be asked for; else nothing is kept, however long it gets */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** The answer so far; empty where nothing is kept. */
  get text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join("")];
    return this.#pieces[0] ?? "";
  }

  /** Whether there is text whose last line has no end. */
  get isLineOpen(): boolean {
    return this.#last !== "" && !this.#last.endsWith("\n");
  }

  /** Takes in a batch and gives the text that it adds. */
  take(batch: EventBatch): string {
    let added = "";
    for (const { event } of batch) {
      if (event.type === "response.output_text.delta") {
        if (!this.#skipping) added += event.delta;
      } else {
        added += this.#observe(event, added !== "" || this.#last !== "");
      }
    }
    if (added !== "") {
      this.#last = added;
      if (this.#keeps) this.#pieces.push(added);
    }
    return added;
  }

  #observe(event: ResponseEvent, hasText: boolean): string {
    if (event.type === "culvert.retry" && event.level === "stream") {
      this.#pieces = [];
      this.#last = "";
      this.#messages = 0;
      return "";
    }
    if (event.type !== "response.output_item.added" || event.item["type"] !== "message") return "";
    this.#skipping = event.item["phase"] === "commentary";
    if (this.#skipping) return "";
    this.#messages += 1;
    return this.#messages > 1 && hasText ? "\n\n" : "";
  }
}
