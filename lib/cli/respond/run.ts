/**
 * What `culvert respond` does.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { resultWithoutTurn } from "../../responses/turn/result.ts";
import { Session } from "../../responses/turn/session.ts";
import type { SharedFlags } from "../../config/settings.ts";
import type { RespondFlags } from "./command.ts";
import { connectCommand, type ConnectionFlags } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { writeLastLine } from "../command/report_error.ts";
import { listenForStop } from "../command/stop_signals.ts";
import type { Host } from "../command/host.ts";
import type { OutputFile } from "../output/output_file.ts";
import { createReporter } from "../output/reporter.ts";
import { printTurn } from "./print_turn.ts";
import { resultLine } from "./turn_output.ts";
import { prepare } from "./prepare_request.ts";
import { readPrompt } from "./read_prompt.ts";

/** Runs the command. With `--json` the last line is a result, whatever fails and however early. */
export async function run(context: CliContext, flags: RespondFlags, ...words: string[]): Promise<void> {
  try {
    await respond(context, flags, words);
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (flags.json !== true || error.code === "reader_gone") throw error;
    context.status = error.exitStatus;
    const redact = createRedactor(context.host.secrets(), "user");
    writeLastLine(context.host, resultLine(resultWithoutTurn(error, flags.model ?? null), redact));
    createReporter(context.host, flags).fail(error);
  }
}

async function respond(context: CliContext, flags: RespondFlags, words: readonly string[]): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  const [prepared, prompts] = await Promise.all([prepare(flags), readPrompts(flags, words, context)]);
  const output = flags.output === undefined
    ? undefined
    : await openAnswerFile(host, flags.output, flags.json);
  await using connection = await connectCommand(host, connectionFlags(flags), reporter);
  const { settings } = connection;
  if (flags.dryRun === true) {
    const { printRequest } = await import("./dry_run.ts");
    for (const prompt of prompts) {
      const request = prepared.forPrompt(prompt, settings);
      await printRequest(host, connection, request, flags.json === true, stop.signal);
    }
    return;
  }
  const { provider, transport } = settings;
  const session = new Session({ ...connection, provider, transport });
  try {
    for (const prompt of prompts) {
      const turn = session.turn(prepared.forPrompt(prompt, settings), {
        signal: stop.signal,
        // What is on a terminal or down a pipe cannot be taken back.
        restartAfterText: flags.json === true,
      });
      const printed = await printTurn(turn, {
        host,
        reporter,
        json: flags.json === true,
        ...(prepared.check === undefined ? {} : { check: prepared.check }),
        ...(output === undefined ? {} : { output }),
      });
      context.status = printed.status;
      if (printed.status !== 0) return;
    }
  } finally {
    session.close();
  }
}

/** One prompt, or with `--repeat-from` as many as the file has lines. */
async function readPrompts(
  flags: RespondFlags,
  words: readonly string[],
  { host }: CliContext,
): Promise<readonly string[]> {
  if (flags.repeatFrom === undefined) return [await readPrompt(words, host)];
  if (words.length > 0) {
    throw new CulvertError("usage", "Both a prompt and --repeat-from were given", {
      hint: "Put the prompt into the file, or leave --repeat-from out.",
    });
  }
  const { readLines } = await import("./input_files.ts");
  return await readLines(flags.repeatFrom, "--repeat-from", host);
}

/**
 * Checks the file for the answer before anything is sent. Standard output has the answer already.
 *
 * @throws CulvertError `output_unwritable`; `usage` where standard output has JSON lines
 */
async function openAnswerFile(host: Host, path: string, json = false): Promise<OutputFile | undefined> {
  const { openOutput } = await import("../output/output_file.ts");
  const output = await openOutput(host, path);
  if (output.target.kind !== "stream" || output.target.stream !== "stdout") return output;
  if (!json) return undefined;
  throw new CulvertError("usage", `--output ${path}: standard output already has the events of --json`, {
    hint: "Name a file, or leave out one of the two flags.",
  });
}

function connectionFlags(flags: RespondFlags): ConnectionFlags {
  const { reasoning, ...rest } = flags;
  const shared: SharedFlags = reasoning === undefined ? {} : { reasoningEffort: reasoning };
  return { ...rest, ...shared };
}
