/**
 * The `session` object of `session.update`, for each version and mode (codex client 0.171.0).
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { type RealtimeVersion, SESSION_RATE, voiceFor } from "./protocol_version.ts";

/** A JSON object to send. */
export type Json = Readonly<Record<string, unknown>>;

/** A message that a v3 session begins with. */
export interface InitialItem {
  readonly role: "user" | "developer" | "assistant";
  readonly text: string;
}

/** A session in which the model answers. */
export interface ConversationSession {
  readonly mode: "conversation";
  readonly version: RealtimeVersion;
  readonly instructions: string;
  /** Default that of the version. */
  readonly voice?: string;
  /** The kind of answer. `text` requires v2. Default `audio`, which comes with a transcript. */
  readonly output?: "audio" | "text";
  /** Whether a v2 session offers the tools of the codex client. Default true. */
  readonly tools?: boolean;
  /** Whether the server finds the ends of utterances in a v2 session and answers them. Default true. */
  readonly answersSpeech?: boolean;
  /** Sent by v3 only; v1 and v2 name the model in the URL. */
  readonly model?: string;
  /** For v3. */
  readonly acknowledgement?: string;
  /** For v3: at most 128. */
  readonly initialItems?: readonly InitialItem[];
}

/** A session that only transcribes. v1 has no such mode and also answers. */
export interface TranscriptionSession {
  readonly mode: "transcription";
  readonly version: "v1" | "v2";
  /** Default {@link TRANSCRIPTION_MODEL}. */
  readonly model?: string;
  /** ISO 639-1, such as `en`. Default: the model detects it. */
  readonly language?: string;
}

/** The default model for transcription. */
export const TRANSCRIPTION_MODEL = "gpt-4o-mini-transcribe";

/**
 * Models that accept audio without turn detection ("Turn detection is not supported for this transcription
 * model"): the client commits the audio itself, and text arrives while it is appended.
 */
const WITHOUT_TURN_DETECTION: ReadonlySet<string> = new Set(["gpt-realtime-whisper", "gpt-live-transcribe"]);

/** Models that accept a list of possible languages instead of one (openai package 7.57.0). */
const WITH_LANGUAGES: ReadonlySet<string> = new Set(["gpt-transcribe", "gpt-live-transcribe"]);

/** Returns whether a transcription model detects the ends of utterances. */
export function detectsTurns(model: string): boolean {
  return !WITHOUT_TURN_DETECTION.has(model);
}

const FORMAT = { type: "audio/pcm", rate: SESSION_RATE } as const;

/**
 * Returns the object.
 *
 * @throws CulvertError `usage` for a voice or a mode that the version does not have, and for too many initial items
 */
export function sessionObject(session: ConversationSession | TranscriptionSession): Json {
  if (session.mode === "transcription") {
    return session.version === "v1" ? quicksilver({ instructions: "" }) : transcription(session);
  }
  const { output = "audio", version } = session;
  if (output === "text" && version !== "v2") {
    throw new CulvertError("usage", `The realtime protocol ${version} answers only in audio`, {
      hint: "Use the protocol v2 for answers in text.",
      details: { version },
    });
  }
  if (session.initialItems !== undefined && version !== "v3") {
    throw new CulvertError("usage", `The realtime protocol ${version} does not accept initial items`, {
      hint: "Use the protocol v3.",
      details: { version },
    });
  }
  if (version === "v1") return quicksilver(session);
  return version === "v2" ? conversation(session) : live(session);
}

function quicksilver({ instructions, voice }: Pick<ConversationSession, "instructions" | "voice">): Json {
  return {
    type: "quicksilver",
    instructions,
    audio: { input: { format: FORMAT }, output: { voice: voiceFor("v1", voice) } },
  };
}

function conversation(session: ConversationSession): Json {
  const { answersSpeech = true, instructions, output = "audio", tools = true, voice } = session;
  return {
    type: "realtime",
    instructions,
    output_modalities: [output],
    audio: {
      input: {
        format: FORMAT,
        noise_reduction: { type: "near_field" },
        transcription: { model: TRANSCRIPTION_MODEL },
        turn_detection: answersSpeech
          ? { type: "server_vad", interrupt_response: true, create_response: true, silence_duration_ms: 500 }
          : null,
      },
      output: { format: FORMAT, voice: voiceFor("v2", voice) },
    },
    ...(tools ? { tools: TOOLS, tool_choice: "auto" } : {}),
  };
}

function transcription({ language, model = TRANSCRIPTION_MODEL }: TranscriptionSession): Json {
  return {
    type: "transcription",
    audio: {
      input: {
        format: FORMAT,
        transcription: {
          model,
          ...(language === undefined
            ? {}
            : WITH_LANGUAGES.has(model)
            ? { languages: [language] }
            : { language }),
        },
        ...(detectsTurns(model) ? {} : { turn_detection: null }),
      },
    },
  };
}

/** Maximum number of initial items, and of tokens in one of them and in all. */
const MAX_ITEMS = 128;
const MAX_ITEM_TOKENS = 8_192;
/** Bytes of UTF-8 that count as a token in the estimate. */
const TOKEN_BYTES = 4;

function live(session: ConversationSession): Json {
  const { acknowledgement, initialItems, instructions, model, voice } = session;
  checkItems(initialItems ?? []);
  return {
    instructions,
    audio: { output: { voice: voiceFor("v3", voice) } },
    delegation: { type: "client", ...(acknowledgement === undefined ? {} : { ack_filler: acknowledgement }) },
    ...(model === undefined ? {} : { model }),
    ...(initialItems === undefined ? {} : { initial_items: initialItems.map(messageOf) }),
  };
}

function checkItems(items: readonly InitialItem[]): void {
  const encoder = new TextEncoder();
  const tokens = items.map(({ text }) => Math.ceil(encoder.encode(text).length / TOKEN_BYTES));
  const total = tokens.reduce((sum, count) => sum + count, 0);
  if (items.length <= MAX_ITEMS && total <= MAX_ITEM_TOKENS) return;
  throw new CulvertError("usage", `The initial items are ${items.length} with about ${total} tokens`, {
    hint: `At most ${MAX_ITEMS} items with ${MAX_ITEM_TOKENS} tokens together are accepted.`,
    details: { items: items.length, tokens: total },
  });
}

/** Returns a message item; only the text of the assistant is output. */
export function messageOf({ role, text }: InitialItem): Json {
  const type = role === "assistant" ? "output_text" : "input_text";
  return { type: "message", role, content: [{ type, text }] };
}

const TOOLS: readonly Json[] = [
  {
    type: "function",
    name: "background_agent",
    description: "Passes the user's request to the coding agent, which works on it in the background.",
    parameters: {
      type: "object",
      properties: { prompt: { type: "string", description: "The request in the user's words." } },
      required: ["prompt"],
      additionalProperties: false,
    },
  },
  {
    type: "function",
    name: "remain_silent",
    description: "Ends the turn without an answer, where the user expects none.",
    parameters: { type: "object", properties: {}, additionalProperties: false },
  },
];
