/**
 * Implements `culvert respond`.
 *
 * @module
 */
import { asCulvertError, CulvertError, EXIT } from "../../errors.ts";
import type { SharedFlags } from "../../config/settings.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { processTrace, type TraceContext } from "../../responses/request/trace_context.ts";
import { resultWithoutTurn } from "../../responses/turn/result.ts";
import type { ResponseItem } from "../../responses/events/items.ts";
import { Session, sessionOptions } from "../../responses/turn/session.ts";
import type { TurnOptions } from "../../responses/turn/turn.ts";
import type { Recording } from "../capture/record_command.ts";
import type { Environment } from "../../world/world.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { connectCommand, type Connection, type ConnectionFlags } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { writeLastLine } from "../command/report_error.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { startTimeLimit } from "../command/flags/time_limit.ts";
import type { Conversation } from "../conversation/conversation_file.ts";
import type { Traces } from "../../observe/trace/write/start_traces.ts";
import { RuntimeSummary } from "../../observe/summary/runtime_summary.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import type { AnswerFile } from "./answer_file.ts";
import type { RespondFlags } from "./command.ts";
import { prepare, type PreparedRequest } from "./prepare_request.ts";
import { type FinishedTurn, type PrintOptions, printTurn } from "./print_turn.ts";
import { readInput, readPrompt } from "./read_prompt.ts";
import { resultLine, type TextRenderer } from "./turn_output.ts";

/** Variables that hold credentials of this program. */
const CREDENTIAL_VARIABLES = ["CULVERT_API_KEY", "CODEX_API_KEY", "OPENAI_API_KEY", "CODEX_ACCESS_TOKEN"];

/** Time that one run of a tool may take by default, seconds. */
const TOOL_TIMEOUT_S = 60;

/** Runs the command. With `--json` the last line is a result, whatever fails and however early. */
export async function run(context: CliContext, flags: RespondFlags, ...words: string[]): Promise<void> {
  try {
    await respond(context, flags, words);
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (flags.json !== true || error.code === "reader_gone") throw error;
    context.status = error.exitStatus;
    const redact = createRedactor(context.host.secrets(), "user");
    writeLastLine(context.host, resultLine(resultWithoutTurn(error, flags.model ?? null), null, redact));
    createReporter(context.host, flags).fail(error);
  }
}

async function respond(context: CliContext, flags: RespondFlags, words: readonly string[]): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  checkCombinations(flags, words);
  const [prepared, prompts] = await Promise.all([
    prepare(flags, () => readInput(host, stop.signal)),
    readPrompts(flags, words, host, stop.signal),
  ]);
  const file = flags.output === undefined
    ? undefined
    : await (await import("./answer_file.ts")).openAnswerFile(
      host,
      flags.output,
      flags.json === true,
      stop.signal,
    );
  await using conversation = await openConversation(flags, host, reporter);
  if (flags.toolOutput !== undefined && conversation?.turns.length === 0) {
    throw new CulvertError(
      "usage",
      `--tool-output was given, but the conversation "${conversation.name}" is empty`,
      {
        hint: "Name the conversation of the request that the model answered with the calls.",
      },
    );
  }
  const summary = new RuntimeSummary();
  await using recording = await startRecording(flags, host, reporter);
  await using connection = await connectCommand(
    host,
    connectionFlags(flags, conversation),
    reporter,
    { observe: summary.observe, ...(recording === undefined ? {} : { tap: recording.tap }) },
  );
  const fileIds = flags.file === undefined
    ? []
    : await (await import("./upload_files.ts")).uploadFiles(connection, flags.file, {
      reporter,
      signal: stop.signal,
      isDryRun: flags.dryRun === true,
    });
  const job: Job = {
    summary,
    context,
    flags,
    reporter,
    stop: stop.signal,
    prepared,
    connection,
    conversation,
    file,
    fileIds,
  };
  if (flags.dryRun === true) return await printRequests(job, prompts);
  await answerPrompts(job, prompts);
  const isReaderGone = context.status === EXIT.readerGone;
  if (words.length > 0 && !words.includes("-") && !isReaderGone) await warnOfUnreadInput(host, reporter);
}

/** Everything that the turns of one command have in common. */
interface Job {
  readonly context: CliContext;
  readonly summary: RuntimeSummary;
  readonly flags: RespondFlags;
  readonly reporter: Reporter;
  readonly stop: AbortSignal;
  readonly prepared: PreparedRequest;
  readonly connection: Connection;
  readonly conversation: Conversation | undefined;
  readonly file: AnswerFile | undefined;
  readonly fileIds: readonly string[];
}

async function answerPrompts(job: Job, prompts: readonly Prompt[]): Promise<void> {
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
      const history = job.conversation?.history() ?? [];
      const added = prepared.newItems(prompt, history, job.fileIds);
      const request = prepared.request(await inputOf(history, added), settings);
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

/** Longest time that the end of the command waits for the inference trace, ms. */
const TRACE_DEADLINE_MS = 2_000;

async function tracesFor({ connection, reporter }: Job): Promise<Traces | undefined> {
  const { secrets, settings: { trace: settings }, world } = connection;
  if (settings === undefined) return undefined;
  const { startTraces } = await import("../../observe/trace/write/start_traces.ts");
  reporter.note(`inference trace in ${settings.root}`);
  return startTraces({ settings, world, secrets, warn: reporter.warn });
}

/** A prompt; `undefined` where the outputs of tools are all that is sent. */
type Prompt = string | undefined;

async function toolOptions({ connection, flags, prepared }: Job): Promise<TurnOptions> {
  if (prepared.commands.length === 0) return {};
  const { commandFunctions } = await import("./tools/command_tool.ts");
  const limitMs = (flags.toolTimeout ?? TOOL_TIMEOUT_S) * 1_000;
  const { envKey } = connection.settings.provider;
  const hides = [...CREDENTIAL_VARIABLES, ...(envKey === undefined ? [] : [envKey])];
  return { toolFunctions: commandFunctions(prepared.commands, { limitMs, hides }, connection.world) };
}

async function inputOf(
  history: readonly ResponseItem[],
  added: readonly ResponseItem[],
): Promise<readonly ResponseItem[]> {
  if (history.length === 0) return added;
  return (await import("../conversation/conversation_record.ts")).withMissingOutputs([...history, ...added]);
}

/** Returns the span that started the process; a value that is not valid is ignored with a warning. */
function traceOf(env: Environment, reporter: Reporter): TraceContext | undefined {
  const trace = processTrace(env);
  if (trace === undefined && env("TRACEPARENT")?.trim()) {
    const message = "TRACEPARENT is not valid by W3C Trace Context and is ignored";
    reporter.warn({ code: "traceparent", message });
  }
  return trace;
}

/** What the cached model list is told, and what it adds to an error. */
interface ModelFacts extends Pick<PrintOptions, "onModelsEtag" | "explain"> {
  /** Resolves when the list was told. */
  readonly settled: () => Promise<unknown>;
}

function modelFacts({ connection, flags, stop }: Job): ModelFacts {
  const { settings: { codexHome, model } } = connection;
  const load = () => import("./models/model_facts.ts");
  let told: Promise<unknown> = Promise.resolve();
  return {
    onModelsEtag: (etag) => {
      told = Promise.all([told, tell(etag)]);
    },
    explain: async (error) => {
      if (error.code === "context_window") {
        return await (await load()).withContextWindow(error, model, connection, stop);
      }
      if (error.hint === null) return error;
      const { hintWithFlags } = await import("../command/flags/given_flags.ts");
      return { ...error, hint: hintWithFlags(error.hint, flags) };
    },
    settled: () => told,
  };

  /** Most users have no cached list; they load nothing. */
  async function tell(etag: string): Promise<void> {
    const isCached = await Deno.stat(absolutePath("models_cache.json", codexHome)).then(
      () => true,
      () => false,
    );
    if (isCached) await (await load()).noteModelsEtag(connection, etag);
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
    if (result.status !== "completed") return await file?.writePartial(answer, reporter);
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

async function printRequests(job: Job, prompts: readonly Prompt[]): Promise<void> {
  const { printRequest } = await import("./dry_run.ts");
  const { context: { host }, connection, flags, prepared, conversation, stop } = job;
  for (const prompt of prompts) {
    const history = conversation?.history() ?? [];
    const input = await inputOf(history, prepared.newItems(prompt, history, job.fileIds));
    const request = prepared.request(input, connection.settings);
    await printRequest(host, connection, request, flags.json === true, stop);
  }
}

/** Markdown is formatted on a terminal that shows styles, and nowhere else. */
async function rendererFor({ context: { host }, flags }: Job): Promise<TextRenderer | undefined> {
  if (flags.json === true || flags.render === "never" || !host.stdout.isTerminal) return undefined;
  const { wantsColor } = await import("../output/color.ts");
  if (!wantsColor(flags.color, host.stdout, host.world.env)) return undefined;
  return new (await import("../output/markdown/markdown_renderer.ts")).MarkdownRenderer();
}

/** Returns one prompt, none beside the outputs of tools, or the lines of the file that `--repeat-from` names. */
async function readPrompts(
  flags: RespondFlags,
  words: readonly string[],
  host: Host,
  signal: AbortSignal,
): Promise<readonly Prompt[]> {
  if (flags.toolOutput !== undefined && words.length === 0) return [undefined];
  if (flags.repeatFrom === undefined) return [await readPrompt(words, host, signal)];
  const { readPromptLines } = await import("./read_prompt.ts");
  return await readPromptLines(flags.repeatFrom, host, signal);
}

function checkCombinations(flags: RespondFlags, words: readonly string[]): void {
  if (flags.repeatFrom !== undefined && words.length > 0) {
    throw new CulvertError("usage", "Both a prompt and --repeat-from were given", {
      hint: "Put the prompt into the file, or leave out --repeat-from.",
    });
  }
  checkToolOutput(flags, words);
  if (flags.previous === undefined) return;
  const other = flags.conversation !== undefined
    ? "--conversation"
    : flags.continue
    ? "--continue"
    : undefined;
  if (other === undefined) return;
  throw new CulvertError("usage", `Both --previous and ${other} were given`, {
    hint:
      "--previous continues a response that the server has stored; a conversation is kept on this machine.",
  });
}

function checkToolOutput(flags: RespondFlags, words: readonly string[]): void {
  if (flags.toolTimeout !== undefined && flags.tool === undefined) {
    throw new CulvertError("usage", "--tool-timeout was given without --tool", {
      hint: "Give the command of a tool as --tool NAME=COMMAND.",
    });
  }
  if (flags.toolOutput === undefined) return;
  if (flags.repeatFrom !== undefined) {
    throw new CulvertError("usage", "Both --tool-output and --repeat-from were given", {
      hint: "Send the outputs first, then the prompts.",
    });
  }
  if (flags.toolOutput.filter((path) => path === "-").length + (words.includes("-") ? 1 : 0) > 1) {
    throw new CulvertError("usage", "Standard input was named twice", { hint: "Give - once." });
  }
  if (flags.conversation !== undefined || flags.continue === true || flags.previous !== undefined) return;
  throw new CulvertError("usage", "--tool-output was given without the conversation that holds the calls", {
    hint: "Add the --conversation NAME or -c of the request that the model answered with the calls.",
  });
}

async function openConversation(
  flags: RespondFlags,
  host: Host,
  reporter: Reporter,
): Promise<Conversation | undefined> {
  if (flags.conversation === undefined && flags.continue !== true) return undefined;
  const { openConversation } = await import("../conversation/open_conversation.ts");
  return await openConversation({ name: flags.conversation, world: host.world, reporter });
}

async function startRecording(
  { capture, dryRun }: RespondFlags,
  host: Host,
  reporter: Reporter,
): Promise<Recording | undefined> {
  if (capture === undefined || dryRun === true) return undefined;
  const { recordCommand } = await import("../capture/record_command.ts");
  return await recordCommand(capture, host, reporter);
}

/** Input that was piped in and is ignored is usually a mistake. It is not read: a loop of the shell may need it. */
async function warnOfUnreadInput(host: Host, reporter: Reporter): Promise<void> {
  if (reporter.level < 0 || host.stdin.isTerminal) return;
  const kind = await host.stdin.kind();
  if (kind !== "pipe" && kind !== "file") return;
  reporter.progress(
    `standard input is a ${kind} and was not read, because a prompt was given; add - to read it`,
  );
}

/**
 * Returns the flags of the connection. Without `--model` and `--provider`, those of the conversation's latest turn
 * count; a provider that was made of `--base-url` has no name that could be chosen again.
 */
function connectionFlags(flags: RespondFlags, conversation: Conversation | undefined): ConnectionFlags {
  const { reasoning, ...rest } = flags;
  const latest = flags.model === undefined && flags.provider === undefined ? conversation?.latest : undefined;
  const isNamed = latest !== undefined && latest.provider !== "custom" && flags.baseUrl === undefined;
  const shared: SharedFlags = {
    ...(reasoning === undefined ? {} : { reasoningEffort: reasoning }),
    ...(latest === undefined ? {} : { model: latest.model }),
    ...(isNamed ? { provider: latest.provider } : {}),
  };
  return { ...rest, ...shared };
}
