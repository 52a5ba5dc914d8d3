/**
 * Implements `culvert realtime`.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import { loadSettings } from "../../config/load_settings.ts";
import { asCulvertError, CulvertError, EXIT } from "../../errors.ts";
import { redactJson } from "../../redaction/details.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { RealtimeConversation } from "../../realtime/conversation/conversation.ts";
import { realtimeVersion, SESSION_RATE } from "../../realtime/protocol/protocol_version.ts";
import { connectCommand, type ConnectionFlags } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { Host } from "../command/host.ts";
import { writeLastLine } from "../command/report_error.ts";
import { settingsFlags } from "../command/shared_flags.ts";
import { listenForStop, stopStatus } from "../command/stop_signals.ts";
import { openOutput } from "../output/output_file.ts";
import { redactError } from "../output/render_error.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { readPrompt } from "../respond/read_prompt.ts";
import { openInput } from "../transcribe/open_input.ts";
import { type AnswerOutput, answerOutput } from "./answer_output.ts";
import { type AudioOutput, openAudioOutput } from "./audio_output.ts";
import type { RealtimeFlags } from "./command.ts";
import { inputLines } from "./input_lines.ts";

/** Silence behind live audio, by which the server finds the end of the last utterance, ms. */
const TAIL_MS = 1_000;

/** Runs the command. With `--json` the last line is a result, whatever fails and however early. */
export async function run(context: CliContext, flags: RealtimeFlags, ...words: string[]): Promise<void> {
  if (flags.sdp !== undefined) return await (await import("./run_call.ts")).runCall(context, flags, words);
  const { host } = context;
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  const done: Done = {};
  try {
    checkCombinations(flags, words);
    await converse(context, flags, words, stop.signal, reporter, done);
    if (flags.json === true) writeResult(context, done);
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (flags.json !== true || error.code === "reader_gone") throw error;
    context.status = error.exitStatus;
    writeResult(context, done, error);
    reporter.fail(error);
  }
}

/** What was done, for the result. */
interface Done {
  output?: AnswerOutput;
  audio?: AudioOutput;
}

async function converse(
  context: CliContext,
  flags: RealtimeFlags,
  words: readonly string[],
  stop: AbortSignal,
  reporter: Reporter,
  done: Done,
): Promise<void> {
  const { host } = context;
  const { channels, instructions = "", join, live = false, model, raw, voice, ...others } = flags;
  const version = realtimeVersion(flags.protocol ?? "v2");
  const warn = (message: string) => reporter.warn({ code: "audio", message });
  if (join !== undefined) await refuseDemoCall(host, others);
  await refuseSameFile(host, flags);
  const text = await messageOf(flags, words, host, stop);
  const input = flags.audio === undefined
    ? undefined
    : await openInput(host, flags.audio, { raw, channels, warn, signal: stop });
  // A wrong path is reported before the session begins.
  if (flags.output !== undefined) await openOutput(host, flags.output);
  await using connection = await connectCommand(host, others, reporter);
  const audio = flags.output === undefined
    ? undefined
    : done.audio = await openAudioOutput(host, flags.output, flags.format ?? "wav");
  const output = done.output = answerOutput({
    host,
    reporter,
    json: flags.json === true,
    audio,
    isSpoken: input !== undefined,
    isLive: live,
  });
  try {
    await using conversation = await RealtimeConversation.open(connection, {
      session: {
        mode: "conversation",
        version,
        instructions,
        tools: false,
        answersSpeech: live,
        ...(version === "v2" && audio === undefined ? { output: "text" } : {}),
        ...(voice === undefined ? {} : { voice }),
      },
      ...(model === undefined ? {} : { model }),
      ...(join === undefined ? {} : { callId: join }),
      signal: stop,
    }, output);
    await untilStopped(context, stop, reporter, async () => {
      if (input !== undefined && version !== "v2") await listenToAnswer(conversation, input.pcm, flags, stop);
      else if (input !== undefined) await listen(conversation, input.pcm, flags, text, stop);
      else if (text !== undefined) await ask(conversation, text);
      else {
        // The end of the session ends the wait for the next line.
        const over = AbortSignal.any([stop, conversation.over]);
        if (host.stdin.isTerminal) {
          reporter.progress("write one message per line; Ctrl-D ends the conversation");
        }
        let asked = 0;
        for await (const line of inputLines(host, over)) {
          await ask(conversation, line);
          asked++;
        }
        if (asked === 0) {
          throw usage(
            "There is no message: standard input contains no text",
            "Pipe in one message per line, or write the message as an argument.",
          );
        }
      }
    });
    await output.endLine();
  } catch (error) {
    await output.endLine();
    const kept = await audio?.keepPartial();
    if (kept !== undefined) reporter.progress(`the audio that arrived is in ${kept}`);
    throw error;
  }
  await audio?.finish();
}

/** @throws CulvertError `usage` for the provider `demo`: each command has a simulated network of its own */
async function refuseDemoCall(host: Host, flags: ConnectionFlags): Promise<void> {
  const { provider } = await loadSettings(settingsFlags(flags), host.world);
  if (provider.id !== "demo") return;
  throw usage(
    'A call of the provider "demo" cannot be joined: it ends with the command that created it',
    "Remove --join to use the simulated model, or choose another provider with --provider.",
  );
}

/**
 * Returns the message of the command line, in which `-` stands for standard input. It is `undefined` if there is none,
 * and for a single `-` without audio: each line of standard input is then a message.
 */
async function messageOf(
  { audio }: RealtimeFlags,
  words: readonly string[],
  host: Host,
  stop: AbortSignal,
): Promise<string | undefined> {
  if (words.length === 0) return undefined;
  if (words.length === 1 && words[0] === "-" && audio === undefined) return undefined;
  return await readPrompt(words, host, stop);
}

async function ask(conversation: RealtimeConversation, text: string): Promise<void> {
  await conversation.say(text);
  await conversation.answer();
}

async function listen(
  conversation: RealtimeConversation,
  pcm: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { live, pace }: RealtimeFlags,
  text: string | undefined,
  stop: AbortSignal,
): Promise<void> {
  await conversation.hear(pcm, { pace, stop });
  if (stop.aborted) return;
  if (live === true) {
    await conversation.hear(silence());
    return await conversation.settle();
  }
  await conversation.endUtterance();
  if (text !== undefined) await conversation.say(text);
  await conversation.answer();
}

/** v1 and v3 find the end of the utterance by themselves, and answer while audio may still be sent. */
async function listenToAnswer(
  conversation: RealtimeConversation,
  pcm: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { pace }: RealtimeFlags,
  stop: AbortSignal,
): Promise<void> {
  const answered = conversation.answer();
  // It fails with the sending, which is reported.
  answered.catch(() => {});
  await conversation.hear(pcm, { pace, stop });
  if (stop.aborted) return;
  await conversation.hear(silence());
  await answered;
}

async function* silence(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield await Promise.resolve(new Uint8Array(TAIL_MS / 1000 * SESSION_RATE * 2));
}

/** Does work until a signal stops the command; the session is then closed in good order. */
async function untilStopped(
  context: CliContext,
  stop: AbortSignal,
  reporter: Reporter,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await raceAbort(work(), stop);
  } catch (error) {
    if (!stop.aborted || error !== stop.reason) throw error;
    context.status = stopStatus(stop);
    reporter.progress("stopped; the session is closed");
  }
}

function checkCombinations(flags: RealtimeFlags, words: readonly string[]): void {
  const alone = flags.live === true && flags.audio === undefined
    ? "--live"
    : flags.pace !== undefined && flags.audio === undefined
    ? "--pace"
    : undefined;
  if (alone !== undefined) throw usage(`${alone} was given without --audio`, "Add --audio FILE.");
  if (words.length > 0 && words.join(" ").trim() === "") {
    throw usage("The message is empty", "Write a text, or - to read messages from standard input.");
  }
  if (words.includes("-") && flags.audio === "-") {
    throw usage(
      "Both the message and --audio are -",
      "Standard input can be read only once; name a WAV file.",
    );
  }
  if (flags.join !== undefined && flags.baseUrl !== undefined) {
    throw usage(
      "Both --join and --base-url were given",
      "Calls are joined at api.openai.com. To use another server, set experimental_realtime_ws_base_url.",
    );
  }
  if (flags.format !== undefined && flags.output === undefined) {
    throw usage("--format was given without --output", "Name the file for the audio with -o.");
  }
  if (flags.live === true && words.length > 0) {
    throw usage(
      "Both a message and --live were given",
      "In a live conversation, the messages of the user are speech.",
    );
  }
  if (flags.output === "-" && flags.json === true) {
    throw usage(
      "Both --json and -o - were given",
      "Both write to standard output; name a file for the audio.",
    );
  }
}

/** @throws CulvertError `usage` if the answer would replace the recording, which is read until the end */
async function refuseSameFile({ world }: Host, { audio, output }: RealtimeFlags): Promise<void> {
  if (audio === undefined || output === undefined) return;
  const [input, target] = await Promise.all([audio, output].map(async (path) => {
    try {
      const real = await Deno.realPath(absolutePath(path, world.cwd()));
      return (await Deno.stat(real)).isFile ? real : undefined;
    } catch {
      // Where a path cannot be used, the code that opens it reports the reason.
      return undefined;
    }
  }));
  if (input === undefined || input !== target) return;
  throw usage("--audio and --output name the same file", "Name another file for the answer.");
}

function usage(message: string, hint: string): CulvertError {
  return new CulvertError("usage", message, { hint });
}

function writeResult(context: CliContext, done: Done, error?: CulvertError): void {
  const { host, status } = context;
  const redact = createRedactor(host.secrets(), "user");
  const isStopped = status === EXIT.interrupted || status === EXIT.terminated;
  const line = {
    type: "culvert.result",
    status: status === EXIT.done ? "completed" : isStopped ? "interrupted" : "failed",
    exit_code: status,
    answers: done.output?.answers() ?? 0,
    audio_received_ms: Math.round(done.audio?.writtenMs() ?? 0),
    error: error === undefined ? null : redactError(error, redact),
  };
  writeLastLine(host, `${JSON.stringify(redactJson(line, redact))}\n`);
}
