/**
 * Prints what happens in a conversation: text, audio, or the events as JSON lines.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { ConversationSink } from "../../realtime/conversation/conversation.ts";
import type { RealtimeEvent } from "../../realtime/protocol/realtime_event.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import type { Host } from "../command/host.ts";
import type { Reporter } from "../output/reporter.ts";
import { eventLine } from "../transcribe/transcript_output.ts";
import type { AudioOutput } from "./audio_output.ts";

/** What {@link answerOutput} prints to. */
export interface AnswerOutputParts {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly json: boolean;
  readonly audio: AudioOutput | undefined;
  /** Whether the user speaks, so that it is of interest what was understood. */
  readonly isSpoken: boolean;
  /** Whether errors of the server are reported at once, because nothing waits for an answer. */
  readonly isLive: boolean;
}

/** Prints, and counts the answers. */
export interface AnswerOutput extends ConversationSink {
  readonly answers: () => number;
  /** Completes a line that was begun. */
  readonly endLine: () => Promise<void>;
}

/** Creates the output. */
export function answerOutput(parts: AnswerOutputParts): AnswerOutput {
  const { audio, host, isLive, isSpoken, json, reporter } = parts;
  const text = audio?.isStdout === true ? host.stderr : host.stdout;
  const redact = createRedactor(host.secrets(), "user");
  let shown = "";
  let answers = 0;
  const print = async (piece: string) => {
    if (!json && piece !== "") await text.write(piece);
  };
  const finish = async (whole: string) => {
    // What was printed cannot be taken back, even where the final text corrects it.
    const rest = whole.startsWith(shown) ? whole.slice(shown.length) : "";
    if (shown !== "" || rest !== "") await print(`${rest}\n`);
    shown = "";
    answers++;
  };
  const take = async (event: RealtimeEvent) => {
    switch (event.kind) {
      case "output_delta":
        shown += event.text;
        return await print(event.text);
      case "output_done":
        return await finish(event.text);
      case "audio":
        return await audio?.write(decoded(event.data), event.sampleRate, event.channels);
      case "input_done":
        if (isSpoken && event.text !== "") reporter.progress(`heard: ${event.text}`);
        return;
      case "error":
        if (isLive) reporter.warn({ code: "realtime", message: event.message });
    }
  };
  return {
    frame: async (line) => {
      if (json) await host.stdout.write(eventLine(line, redact));
    },
    event: take,
    answers: () => answers,
    endLine: async () => {
      if (shown !== "") await print("\n");
      shown = "";
    },
  };
}

function decoded(data: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(data);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CulvertError("response_failed", "The server sent audio that is not valid base64", {
      hint: "Try again; with --json the events of the server are printed.",
      cause: error,
    });
  }
}
