/**
 * Defines `culvert realtime`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { oneOf } from "../command/flags/parsers.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";
import { SPEECH_FLAGS, type SpeechFlags } from "../transcribe/speech_flags.ts";
import { parsedFlag, pathFlag, requiredFlag, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `realtime`. */
export type RealtimeFlags = NetworkFlags & OutputFlags & SpeechFlags & {
  readonly audio?: string;
  readonly live?: boolean;
  readonly output?: string;
  readonly format?: "wav" | "pcm";
  readonly voice?: string;
  readonly instructions?: string;
  readonly model?: string;
  readonly protocol?: "v1" | "v2" | "v3";
  readonly sdp?: string;
  readonly join?: string;
};

/** `culvert realtime`. */
export const realtimeCommand = defineCommand<RealtimeFlags, readonly string[]>({
  flags: {
    audio: pathFlag("FILE|-", "Speech to send: a WAV file, or - for a WAV stream on standard input"),
    live: switchFlag(
      "With --audio: the server detects the end of each utterance and answers it, as with a microphone",
    ),
    output: pathFlag(
      "FILE|-",
      "Request a spoken answer and write the audio to this file; with - the text goes to stderr",
    ),
    format: {
      ...parsedFlag(
        oneOf("wav", "pcm"),
        "wav|pcm",
        "Format of that audio: WAV, or 16-bit PCM of 24,000 Hz without a header (default wav)",
      ),
      proposeCompletions: () => ["wav", "pcm"],
    },
    voice: {
      ...textFlag("NAME", "Voice of the model (default marin; v1 and v3: cove)"),
      proposeCompletions: async () => (await import("../../realtime/protocol/protocol_version.ts")).VOICES.v2,
    },
    instructions: textFlag("TEXT", "Instructions for the model"),
    model: textFlag("NAME", "Model that answers (default gpt-realtime-1.5)"),
    protocol: {
      ...parsedFlag(
        oneOf("v1", "v2", "v3"),
        "v1|v2|v3",
        "Version of the realtime protocol (default v2, the version of the public API)",
      ),
      proposeCompletions: () => ["v1", "v2", "v3"],
    },
    sdp: pathFlag("FILE|-", "Create a call: send this SDP offer of a WebRTC client and print the answer"),
    join: requiredFlag("CALL", "Join the call with this id instead of opening a session"),
    ...SPEECH_FLAGS,
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { m: "model", o: "output", H: "header", ...OUTPUT_ALIASES },
  positional: {
    kind: "array",
    parameter: {
      parse: text,
      brief: "The message; without it and without --audio, each line of standard input is a message",
      placeholder: "TEXT",
    },
  },
  docs: {
    brief: "Talk to a realtime model in text and audio",
    description:
      "Opens a realtime session, sends text or audio, and prints the answer as it arrives. With -o the model answers\n" +
      "in speech, and its transcript is printed. Several messages, one per line of standard input, are one conversation.\n\n" +
      "The audio of a file is one utterance. With --live the server detects the end of each utterance and answers it:\n" +
      "  sox -d -t wav - | culvert realtime --audio - --live -o - | play -",
    examples: [
      `culvert realtime --provider demo "What is a culvert?"`,
      `culvert realtime --provider demo -o answer.wav "Say it aloud"`,
      "culvert realtime --provider demo --audio speech.wav",
    ],
    seeAlso: ["culvert transcribe", "culvert respond", "culvert help exit-codes"],
  },
  load: () => import("./run.ts"),
});
