/**
 * Renders a turn for stdout: as the text of the answer only, or as one JSON object per line.
 *
 * @module
 */
import { redactJson } from "../../redaction/details.ts";
import type { Redactor } from "../../redaction/redactor.ts";
import { removeStyles } from "../../text/style.ts";
import type { RuntimeFigures } from "../../observe/summary/figures.ts";
import { redactError } from "../output/render_error.ts";
import type { AnswerCollector } from "../../responses/turn/reading/answer_collector.ts";
import type { EventBatch, ResultEvent, StreamItem } from "../../responses/events/events.ts";

/** Renders what a turn prints on stdout. */
export interface TurnOutput {
  /** Renders a batch; returns an empty string when there is nothing to write yet. */
  readonly render: (batch: EventBatch) => string;
  /** Renders the end of the answer, before messages may follow. */
  readonly end: () => string;
  /** Renders the result, with the runtime summary of the turn. */
  readonly result: (result: ResultEvent, summary: RuntimeFigures) => string;
}

/** Renders text that arrives in pieces. */
export interface TextRenderer {
  readonly push: (text: string) => string;
  /** Renders what was held back. */
  readonly end: () => string;
}

/** Renders one event as one line of JSON: byte for byte as it was received, where it was received as one line. */
export function jsonLine({ event, text }: StreamItem): string {
  if (text === undefined) return `${JSON.stringify(event.type === "other" ? event.payload : event)}\n`;
  // SSE joins several data lines with newlines, which JSON allows between tokens and JSONL does not.
  return text.includes("\n") || text.includes("\r") ? `${text.replace(/[\r\n]+/g, " ")}\n` : `${text}\n`;
}

/**
 * Renders the result as the last line.
 *
 * @param summary the runtime summary of the turn; null if no turn was begun
 */
export function resultLine(result: ResultEvent, summary: RuntimeFigures | null, redact: Redactor): string {
  const error = result.error === null ? null : redactError(result.error, redact);
  return `${JSON.stringify(redactJson({ ...result, error, summary }, redact))}\n`;
}

/**
 * Renders JSON lines. The result is left to {@link TurnOutput.result}.
 *
 * @param redact masks secrets in what the result quotes from servers and files
 */
export function jsonOutput(redact: Redactor): TurnOutput {
  return {
    render: (batch) => {
      let lines = "";
      for (const item of batch) {
        // The API's events are printed unchanged; the program's own may repeat what a server said.
        if (!item.event.type.startsWith("culvert.")) lines += jsonLine(item);
        else if (item.event.type !== "culvert.result") {
          lines += `${JSON.stringify(redactJson(item.event, redact))}\n`;
        }
      }
      return lines;
    },
    end: () => "",
    result: (result, summary) => resultLine(result, summary, redact),
  };
}

/** Options of {@link textOutput}. */
export interface TextOptions {
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean;
  /** Written before the first text, to separate answers. */
  readonly separator?: string | undefined;
  /** Formats the text for the terminal. Default: none. */
  readonly renderer?: TextRenderer | undefined;
}

/**
 * Renders the text of the answer only. It ends with a newline, as line-based programs expect.
 *
 * @param collector takes the text out of the events
 */
export function textOutput(collector: AnswerCollector, options: TextOptions): TurnOutput {
  const { isTerminal, renderer } = options;
  let separator = options.separator ?? "";
  return {
    render: (batch) => {
      const text = collector.take(batch);
      if (text === "") return "";
      // Into a pipe or a file the text goes unchanged.
      const clean = isTerminal ? removeStyles(text) : text;
      const rendered = separator + (renderer === undefined ? clean : renderer.push(clean));
      separator = "";
      return rendered;
    },
    end: () => (renderer?.end() ?? "") + (collector.isLineOpen ? "\n" : ""),
    result: () => "",
  };
}
