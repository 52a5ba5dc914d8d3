/**
 * One turn, from its first byte to its exit status.
 *
 * @module
 */
import { asCulvertError, type CulvertError, EXIT, type ExitStatus } from "../../errors.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { AnswerCollector } from "../../responses/turn/reading/answer_collector.ts";
import type { ResponseEvent, ResultEvent } from "../../responses/events/events.ts";
import type { Turn } from "../../responses/turn/turn.ts";
import type { Host } from "../command/host.ts";
import type { OutputFile } from "../output/output_file.ts";
import { OutputQueue } from "../output/output_queue.ts";
import type { Reporter } from "../output/reporter.ts";
import { narrate } from "./turn_messages.ts";
import { jsonOutput, textOutput } from "./turn_output.ts";
import type { SchemaCheck } from "./schema_check.ts";

/** How a turn is printed. */
export interface PrintOptions {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly json: boolean;
  readonly check?: SchemaCheck;
  /** The file that `--output` names. */
  readonly output?: OutputFile;
}

/** What a printed turn came to. */
export interface PrintedTurn {
  readonly status: ExitStatus;
  readonly answer: string;
  readonly result: ResultEvent | undefined;
}

/**
 * Reads a turn and prints it as it arrives. A reader of stdout that goes away ends the turn quietly, and with it
 * the request upstream, which costs tokens.
 */
export async function printTurn(turn: Turn, options: PrintOptions): Promise<PrintedTurn> {
  const { host, reporter, json } = options;
  const keeps = (options.check ?? options.output) !== undefined;
  const collector = new AnswerCollector(keeps);
  // On one terminal for both streams, what is said amid the answer would stand in the middle of its line.
  const sharesTerminal = !json && host.stdout.isTerminal && host.stderr.isTerminal;
  const unsaid: ResponseEvent[] = [];
  const output = json
    ? jsonOutput(createRedactor(host.secrets(), "user"))
    : textOutput(collector, host.stdout.isTerminal);
  let result: ResultEvent | undefined;
  using waiting = reporter.wait("a connection");
  const batches = turn.batches();
  // Heard at once, and not with the next batch: the request upstream costs tokens.
  const queue = new OutputQueue(host.stdout, () => void batches.return?.());
  try {
    for await (const batch of batches) {
      const text = output.render(batch);
      // What was written cannot be written over: from the first word on, the answer itself is the progress.
      if (text !== "") waiting.stop();
      if (json && keeps) collector.take(batch);
      if (text !== "") await queue.put(text);
      for (const { event } of batch) {
        if (event.type === "culvert.result") result = event;
        else if (sharesTerminal && collector.isLineOpen) keepForLater(event, unsaid);
        else if (!json || event.type !== "culvert.warning") narrate(event, reporter);
        if (event.type === "culvert.connected") waiting.setLabel("the first word of the answer");
        else if (event.type === "culvert.retry") waiting.setLabel(`attempt ${event.attempt + 1}`);
      }
    }
    await queue.drain();
    if (result === undefined) throw new Error("The turn ended without a result");
    const judged = withVerdict(result, await verdict(result, collector.text, options));
    const last = output.finish(judged);
    if (last !== "") await host.stdout.write(last);
    for (const event of unsaid) narrate(event, reporter);
    if (judged.error !== null) reporter.fail(judged.error);
    return { status: judged.exit_code, answer: collector.text, result: judged };
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (error.code !== "reader_gone") throw error;
    return { status: EXIT.readerGone, answer: collector.text, result };
  }
}

/** Only the program's own events are spoken of; the API's would fill the memory. */
function keepForLater(event: ResponseEvent, unsaid: ResponseEvent[]): void {
  if (event.type.startsWith("culvert.")) unsaid.push(event);
}

/** What the turn's own end cannot know: whether the answer fits the schema, and whether it could be saved. */
async function verdict(
  result: ResultEvent,
  answer: string,
  { check, output, reporter }: PrintOptions,
): Promise<CulvertError | undefined> {
  const mismatch = result.status === "completed" ? check?.(answer) : undefined;
  if (output === undefined) return mismatch;
  const complete = result.status === "completed";
  if (!complete && answer === "") return undefined;
  try {
    if (complete) await output.write(answer);
    else reporter.progress(`the part of the answer that arrived is in ${await output.writePartial(answer)}`);
  } catch (thrown) {
    return asCulvertError(thrown);
  }
  return mismatch;
}

/** The result with a failure found after its end; a failure of the turn itself comes first. */
function withVerdict(result: ResultEvent, error: CulvertError | undefined): ResultEvent {
  if (error === undefined || result.error !== null) return result;
  const { code, message, hint, details, exitStatus } = error;
  return {
    ...result,
    status: "failed",
    exit_code: exitStatus,
    error: { code, message, hint: hint ?? null, details },
  };
}
