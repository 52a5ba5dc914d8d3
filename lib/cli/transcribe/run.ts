/**
 * Implements `culvert transcribe`.
 *
 * @module
 */
import { asCulvertError, CulvertError, ERROR_CODES, EXIT, type ExitStatus } from "../../errors.ts";
import { redactJson } from "../../redaction/details.ts";
import { createRedactor, type Redactor } from "../../redaction/redactor.ts";
import {
  transcribe,
  type Transcription,
  type TranscriptionProgress,
} from "../../realtime/transcription/transcribe.ts";
import type { TranscriptSegment } from "../../realtime/transcription/transcript_assembler.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { writeLastLine } from "../command/report_error.ts";
import { listenForStop, stopStatus } from "../command/stop_signals.ts";
import { redactError } from "../output/render_error.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { startAudioProgress } from "./audio_progress.ts";
import type { TranscribeFlags } from "./command.ts";
import { openInput } from "./open_input.ts";
import { jsonOutput, subtitleOutput, textOutput, type TranscriptOutput } from "./transcript_output.ts";

const NOTHING: TranscriptionProgress = { sentMs: 0, transcribedMs: 0, segments: 0, failed: 0 };

/** Runs the command. With `--json` the last line is a result, also after any failure. */
export async function run(context: CliContext, flags: TranscribeFlags, path: string): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  let transcription: Transcription | undefined;
  try {
    await listen(context, flags, path, stop.signal, reporter, (started) => transcription = started);
    if (flags.json === true) writeResult(host, context.status, transcription?.progress());
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (flags.json !== true || error.code === "reader_gone") throw error;
    context.status = error.exitStatus;
    writeResult(host, error.exitStatus, transcription?.progress(), error);
    reporter.fail(error);
  }
}

async function listen(
  context: CliContext,
  flags: TranscribeFlags,
  path: string,
  stop: AbortSignal,
  reporter: Reporter,
  started: (transcription: Transcription) => void,
): Promise<void> {
  const { host } = context;
  const output = outputFor(flags, createRedactor(host.secrets(), "user"));
  const { channels, language, model, pace, raw, ...others } = flags;
  const warn = (message: string) => reporter.warn({ code: "audio", message });
  const audio = await openInput(host, path, { raw, channels, warn, signal: stop });
  await using connection = await connectCommand(host, others, reporter);
  await write(host, output.begin());
  const transcription = transcribe(connection, {
    pcm: audio.pcm,
    stop,
    ...(model === undefined ? {} : { model }),
    ...(language === undefined ? {} : { language }),
    ...(pace === undefined ? {} : { pace }),
  }, {
    event: (text) => write(host, output.event(text)),
    update: async (update) => {
      await write(host, output.update(update));
      if (update.kind === "segment" && update.segment.failure !== undefined) {
        warn(failureText(update.segment, update.segment.failure.message));
      }
    },
    warn,
  });
  started(transcription);
  const isLineOpen = () => host.stdout.isTerminal && !output.isAtLineStart();
  using _ = reporter.level < 0 ? undefined : startAudioProgress(
    host,
    () => ({ ...transcription.progress(), totalMs: audio.durationMs }),
    () => !isLineOpen(),
  );
  try {
    await transcription.done;
  } catch (error) {
    // The time limit for the rest of the text has passed.
    if (!stop.aborted || error !== stop.reason) throw error;
  } finally {
    if (!output.isAtLineStart()) await write(host, "\n");
  }
  finish(context, transcription.progress(), stop, reporter);
}

function finish(
  context: CliContext,
  progress: TranscriptionProgress,
  stop: AbortSignal,
  reporter: Reporter,
): void {
  const { failed, segments, sentMs, transcribedMs } = progress;
  if (stop.aborted) {
    context.status = stopStatus(stop);
    const far = `${seconds(sentMs)} s of audio were sent, of which ${
      seconds(transcribedMs)
    } s are transcribed`;
    return reporter.progress(`stopped; ${far}`);
  }
  if (failed === 0) return;
  throw new CulvertError("incomplete", `${failed} of ${segments} utterances could not be transcribed`, {
    hint: "The warnings above list them. Try another model: --model gpt-4o-transcribe",
    details: { failed, segments },
  });
}

function outputFor({ json, srt, vtt }: TranscribeFlags, redact: Redactor): TranscriptOutput {
  const chosen = [json === true ? "--json" : "", srt === true ? "--srt" : "", vtt === true ? "--vtt" : ""]
    .filter((flag) => flag !== "");
  if (chosen.length > 1) {
    throw new CulvertError("usage", `${chosen.join(" and ")} were given together`, {
      hint: "Use only one of them.",
    });
  }
  if (json === true) return jsonOutput(redact);
  return srt === true || vtt === true ? subtitleOutput(srt === true ? "srt" : "vtt") : textOutput();
}

async function write(host: Host, text: string): Promise<void> {
  if (text !== "") await host.stdout.write(text);
}

function writeResult(
  host: Host,
  status: number,
  progress: TranscriptionProgress = NOTHING,
  error?: CulvertError,
): void {
  const redact = createRedactor(host.secrets(), "user");
  const line = {
    type: "culvert.result",
    status: status === EXIT.done ? "completed" : isStop(status) ? "interrupted" : "failed",
    exit_code: status,
    audio_sent_ms: Math.round(progress.sentMs),
    audio_transcribed_ms: Math.round(progress.transcribedMs),
    segments: progress.segments,
    failed_segments: progress.failed,
    error: error === undefined ? null : redactError(error, redact),
  };
  writeLastLine(host, `${JSON.stringify(redactJson(line, redact))}\n`);
}

function isStop(status: number): status is ExitStatus {
  return status === ERROR_CODES.interrupted.exit || status === ERROR_CODES.terminated.exit;
}

function failureText({ endMs, startMs }: TranscriptSegment, message: string): string {
  return `the audio from ${seconds(startMs)} s to ${seconds(endMs)} s could not be transcribed: ${message}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
