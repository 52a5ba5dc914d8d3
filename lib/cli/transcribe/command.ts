/**
 * Defines `culvert transcribe`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";
import { SPEECH_FLAGS, type SpeechFlags } from "./speech_flags.ts";
import { parsedFlag, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `transcribe`. */
export type TranscribeFlags = NetworkFlags & OutputFlags & SpeechFlags & {
  readonly model?: string;
  readonly language?: string;
  readonly srt?: boolean;
  readonly vtt?: boolean;
};

/** `culvert transcribe`. */
export const transcribeCommand = defineCommand<TranscribeFlags, [string]>({
  flags: {
    model: {
      ...textFlag("NAME", "Model that transcribes (default gpt-4o-mini-transcribe)"),
      proposeCompletions: () => [
        "gpt-4o-mini-transcribe",
        "gpt-4o-transcribe",
        "gpt-live-transcribe",
        "gpt-realtime-whisper",
        "gpt-transcribe",
        "whisper-1",
      ],
    },
    language: parsedFlag(
      languageCode,
      "CODE",
      "Language of the speech, ISO 639-1, such as en (default: the model detects it)",
    ),
    srt: switchFlag("Print SubRip subtitles"),
    vtt: switchFlag("Print WebVTT subtitles"),
    ...SPEECH_FLAGS,
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { m: "model", l: "language", H: "header", ...OUTPUT_ALIASES },
  positional: {
    kind: "tuple",
    parameters: [{
      parse: text,
      placeholder: "FILE|-",
      brief: "WAV file, or - for a WAV stream on standard input",
    }],
  },
  docs: {
    brief: "Print the speech of a recording or a live stream as text",
    description:
      "Sends audio over the realtime websocket and prints the text as it arrives, one utterance per line.\n" +
      "WAV of 8, 16, 24 or 32 bits and floats is read, at any sampling rate and with any number of channels. Other\n" +
      "formats are converted first: ffmpeg -i FILE -f wav - | culvert transcribe -\n\n" +
      "With --json, a line culvert.segment follows each utterance: index, item_id, start_ms, end_ms, text; error if\n" +
      "it could not be transcribed. The result reports how much audio was sent and transcribed.\n\n" +
      "A live stream is sent as it arrives. Ctrl-C ends it: the speech before it is still transcribed.",
    examples: [
      "culvert transcribe --provider demo speech.wav",
      "culvert transcribe --provider demo --srt speech.wav",
      "culvert transcribe --provider demo --json speech.wav | tail -1",
    ],
    seeAlso: ["culvert realtime", "culvert doctor", "culvert help exit-codes"],
  },
  load: () => import("./run.ts"),
});

function languageCode(input: string): string {
  if (/^[a-z]{2,3}$/.test(input)) return input;
  throw new Error(`"${input}" is not an ISO 639-1 code, such as en`);
}
