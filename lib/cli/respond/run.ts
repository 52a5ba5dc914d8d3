/**
 * Implements `culvert respond`.
 *
 * @module
 */
import { asCulvertError, CulvertError, EXIT } from "../../errors.ts";
import type { SharedFlags } from "../../config/settings.ts";
import { RuntimeSummary } from "../../observe/summary/runtime_summary.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { resultWithoutTurn } from "../../responses/turn/result.ts";
import type { Recording } from "../capture/record_command.ts";
import { connectCommand, type ConnectionFlags } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { writeLastLine } from "../command/report_error.ts";
import { listenForStop } from "../command/stop_signals.ts";
import type { Conversation } from "../conversation/conversation_file.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { checkFlags } from "./check_flags.ts";
import type { RespondFlags } from "./command.ts";
import { prepare } from "./prepare_request.ts";
import { readInput, readPrompts } from "./read_prompt.ts";
import { resultLine } from "./turn_output.ts";
import { answerPrompts } from "./turns/answer_prompts.ts";
import type { Job } from "./turns/job.ts";

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
  checkFlags(flags, words);
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
  if (flags.dryRun === true) return await (await import("./turns/dry_run.ts")).printRequests(job, prompts);
  await answerPrompts(job, prompts);
  const isReaderGone = context.status === EXIT.readerGone;
  if (words.length > 0 && !words.includes("-") && !isReaderGone) await warnOfUnreadInput(host, reporter);
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
