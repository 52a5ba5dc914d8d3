/**
 * The turns of `culvert respond`: one for each prompt.
 *
 * @module
 */
import { Session, sessionOptions } from "../../../responses/turn/session.ts";
import { startTimeLimit } from "../../command/flags/time_limit.ts";
import { modelFacts } from "../models/lazy_model_facts.ts";
import { type FinishedTurn, printTurn } from "../print_turn.ts";
import { type Job, type Prompt, turnInput } from "./job.ts";
import { rendererFor, toolOptions, traceOf, tracesFor } from "./turn_parts.ts";

/** Longest time that the end of the command waits for the inference trace, ms. */
const TRACE_DEADLINE_MS = 2_000;

/** Sends one turn for each prompt and prints the answers, until one fails. */
export async function answerPrompts(job: Job, prompts: readonly Prompt[]): Promise<void> {
  const { context: { host }, flags, connection, reporter, prepared } = job;
  const { settings } = connection;
  const json = flags.json === true;
  const tools = await toolOptions(job);
  const facts = modelFacts(job);
  const traces = await tracesFor(job);
  const session = new Session({
    ...sessionOptions(connection),
    ...(flags.maxWait === undefined ? {} : { maxRetryAfterMs: flags.maxWait * 1_000 }),
    ...(traces === undefined ? {} : { startInferenceTrace: traces.start }),
  });
  const trace = traceOf(connection.world.env, reporter);
  try {
    for (const [index, prompt] of prompts.entries()) {
      job.summary.reset();
      using limit = startTimeLimit(flags.timeout, job.stop, connection.world);
      const { all, added } = await turnInput(job, prompt);
      const request = prepared.request(all, settings);
      const turn = session.turn(request, {
        signal: limit.signal,
        // Text on a terminal or in a pipe cannot be taken back.
        restartAfterText: json,
        ...tools,
        ...(trace === undefined ? {} : { trace }),
      });
      job.context.status = await printTurn(turn, {
        ...facts,
        host,
        reporter,
        json,
        figures: () => job.summary.figures(),
        usage: flags.usage === true,
        check: prepared.check,
        renderer: await rendererFor(job),
        separator: index === 0 ? undefined : "---\n",
        save: saverFor(job, added, index === prompts.length - 1),
      });
      if (job.context.status !== 0) return;
    }
  } finally {
    // A reply whose end is not read counts as aborted in a record.
    if (flags.capture !== undefined) await session.settled();
    session.close();
    await facts.settled();
    await session.flush();
    await traces?.close(TRACE_DEADLINE_MS);
  }
}

/** Returns what saves a turn: to the file of `--output` and to the conversation. */
function saverFor(
  { file, conversation, connection, reporter }: Job,
  input: FinishedTurn["items"],
  isLast: boolean,
): ((turn: FinishedTurn) => Promise<void>) | undefined {
  if (file === undefined && conversation === undefined) return undefined;
  return async ({ answer, items, result }) => {
    if (result.status !== "completed") {
      await file?.writePartial(answer, reporter);
      if (conversation !== undefined && answer !== "") {
        reporter.progress(`the incomplete turn is not stored in the conversation "${conversation.name}"`);
      }
      return;
    }
    const { model, provider } = connection.settings;
    await conversation?.append({
      model,
      provider: provider.id,
      response_id: result.response_id,
      items: [...input, ...items],
    });
    file?.add(answer);
    if (isLast) await file?.write();
  };
}
