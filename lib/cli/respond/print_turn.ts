/**
 * Prints one turn, from the first event to the exit status.
 *
 * @module
 */
import { asCulvertError, type CulvertError, EXIT, type ExitStatus } from "../../errors.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { AnswerCollector } from "../../responses/turn/reading/answer_collector.ts";
import type { ResponseEvent, ResultError, ResultEvent } from "../../responses/events/events.ts";
import { isItem, type ResponseItem } from "../../responses/events/items.ts";
import { withLaterError } from "../../responses/turn/result.ts";
import type { Turn } from "../../responses/turn/turn.ts";
import type { Host } from "../command/host.ts";
import type { RuntimeFigures } from "../../observe/summary/figures.ts";
import { OutputQueue } from "../output/output_queue.ts";
import type { Reporter } from "../output/reporter.ts";
import type { SchemaCheck } from "./schema_check.ts";
import { describeUsage, reportEvent } from "./turn_messages.ts";
import { jsonOutput, textOutput, type TextRenderer } from "./turn_output.ts";

/** How a turn is printed. */
export interface PrintOptions {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly json: boolean;
  /** Returns the runtime summary of the turn, once the turn has ended. */
  readonly figures: () => RuntimeFigures;
  /** Whether to write the token counts to stderr. Default false. */
  readonly usage?: boolean;
  readonly check?: SchemaCheck | undefined;
  /** Formats the text for the terminal. */
  readonly renderer?: TextRenderer | undefined;
  /** Written before the answer, to separate it from the one before. */
  readonly separator?: string | undefined;
  /** Called with the ETag of the model list, where the server reports one. */
  readonly onModelsEtag?: (etag: string) => void;
  /** Adds facts to the error that the turn ended with. */
  readonly explain?: (error: ResultError) => Promise<ResultError>;
  /** Saves the turn before its result is printed. An error becomes the error of the result. */
  readonly save?: ((turn: FinishedTurn) => Promise<void>) | undefined;
}

/** A turn whose stream has ended. */
export interface FinishedTurn {
  readonly answer: string;
  /** The output items of the response. */
  readonly items: readonly ResponseItem[];
  readonly result: ResultEvent;
}

/**
 * Reads a turn and prints it as it arrives. When the reader of stdout closes it, the request is ended as well, because
 * it costs tokens, and nothing more is written.
 *
 * @returns the exit status
 */
export async function printTurn(turn: Turn, options: PrintOptions): Promise<ExitStatus> {
  const { host, reporter, json, save } = options;
  const keeps = options.check !== undefined || save !== undefined;
  const collector = new AnswerCollector(keeps);
  // Where both streams are one terminal, a message during the answer would be written into the middle of its line.
  const sharesTerminal = !json && host.stdout.isTerminal && host.stderr.isTerminal;
  const deferred: ResponseEvent[] = [];
  const output = json ? jsonOutput(createRedactor(host.secrets(), "user")) : textOutput(collector, {
    isTerminal: host.stdout.isTerminal,
    renderer: options.renderer,
    separator: options.separator,
  });
  const items = new OutputItems(save !== undefined);
  let result: ResultEvent | undefined;
  using progress = reporter.wait("a connection");
  const batches = turn.batches();
  // Ends the turn when the write fails, not with the next batch: the request costs tokens.
  const queue = new OutputQueue(host.stdout, () => void batches.return?.());
  try {
    for await (const batch of batches) {
      const text = output.render(batch);
      // From the first text on, the answer itself shows the progress.
      if (text !== "") progress.stop();
      if (json && keeps) collector.take(batch);
      if (text !== "") await queue.put(text);
      for (const { event } of batch) {
        items.take(event);
        if (event.type === "culvert.models_etag") options.onModelsEtag?.(event.etag);
        if (event.type === "culvert.result") result = event;
        else if (sharesTerminal && collector.isLineOpen) defer(event, deferred);
        else if (!json || event.type !== "culvert.warning") reportEvent(event, reporter);
        if (event.type === "culvert.connected") progress.setLabel("the first text of the answer");
        else if (event.type === "culvert.retry") progress.setLabel(`attempt ${event.attempt + 1}`);
      }
    }
    const end = output.end();
    if (end !== "") await queue.put(end);
    await queue.drain();
    if (result === undefined) throw new Error("The turn ended without a result");
    const error = await laterError({ answer: collector.text, items: items.kept, result }, options);
    const judged = await explained(withLaterError(result, error), options);
    const line = output.result(judged, options.figures());
    if (line !== "") await host.stdout.write(line);
    for (const event of deferred) reportEvent(event, reporter);
    if (!json && judged.error === null) items.reportCalls(reporter);
    if (reporter.level > 0) await reportFigures(options.figures(), reporter);
    if (options.usage === true) reporter.requested(describeUsage(judged.usage));
    if (judged.error !== null) reporter.fail(judged.error);
    return judged.exit_code;
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (error.code !== "reader_gone") throw error;
    return EXIT.readerGone;
  }
}

async function reportFigures(figures: RuntimeFigures, reporter: Reporter): Promise<void> {
  const { describeFigures } = await import("../../observe/summary/describe.ts");
  for (const line of describeFigures(figures)) reporter.note(line);
}

/** Only the program's own events have messages; keeping those of the API would take memory for nothing. */
function defer(event: ResponseEvent, deferred: ResponseEvent[]): void {
  if (event.type.startsWith("culvert.")) deferred.push(event);
}

/** Finds the errors that the end of the stream cannot know: the answer does not fit the schema, or cannot be saved. */
async function laterError(
  turn: FinishedTurn,
  { check, save }: PrintOptions,
): Promise<CulvertError | undefined> {
  const mismatch = turn.result.status === "completed" ? check?.(turn.answer) : undefined;
  try {
    await save?.(turn);
  } catch (thrown) {
    return asCulvertError(thrown);
  }
  return mismatch;
}

async function explained(result: ResultEvent, { explain }: PrintOptions): Promise<ResultEvent> {
  if (result.error === null || explain === undefined) return result;
  return { ...result, error: await explain(result.error) };
}

/** Collects the output items of a response, and the names of the tools that it calls. */
class OutputItems {
  readonly #keeps: boolean;
  #items: ResponseItem[] = [];
  /** Calls that no tool has answered. */
  #calls: string[] = [];
  /** How many of the items are of responses that completed before a tool ran: a retry does not repeat them. */
  #confirmed = 0;
  /** Whether an item of the present response came. */
  #hasItem = false;

  /** @param keeps whether the items themselves are needed */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  get kept(): readonly ResponseItem[] {
    return this.#items;
  }

  take(event: ResponseEvent): void {
    if (event.type === "culvert.retry" && event.level === "stream") {
      this.#items = this.#items.slice(0, this.#confirmed);
      this.#calls = [];
      this.#hasItem = false;
    }
    if (event.type === "culvert.tool_output") {
      if (this.#keeps) this.#items.push(event.item);
      this.#confirmed = this.#items.length;
      this.#calls = [];
      this.#hasItem = false;
    }
    if (event.type === "response.output_item.done") this.#add(event.item);
    // Some gateways send no items before the end of the response.
    if (event.type !== "response.completed" || this.#hasItem || !Array.isArray(event.response.output)) return;
    for (const item of event.response.output) this.#add(item);
  }

  #add(item: unknown): void {
    if (!isItem(item)) return;
    this.#hasItem = true;
    if (this.#keeps) this.#items.push(item);
    const { type, name } = item;
    if (type === "function_call" || type === "custom_tool_call") this.#calls.push(String(name ?? type));
  }

  /** The text of an answer has no tool calls, so that they would go unnoticed. */
  reportCalls(reporter: Reporter): void {
    if (this.#calls.length === 0) return;
    const names = [...new Set(this.#calls)].map((name) => `"${name}"`).join(", ");
    const message = `the model called ${names}; tool calls are not printed as text: ` +
      "run them with --tool NAME=COMMAND, or use --json";
    reporter.warn({ code: "tool_call", message });
  }
}
