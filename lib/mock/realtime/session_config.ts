/**
 * The configuration of a simulated session: its defaults, and `session.update` with the checks of the API.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import type { TurnDetection } from "./input/voice_activity.ts";
import { isObject } from "../../text/json.ts";

/** The purpose of a session, which an update cannot change. */
export type SessionType = "realtime" | "transcription";

/** The error of a request that is refused. */
export interface RequestError {
  readonly message: string;
  readonly code: string;
  readonly param?: string;
}

const FORMAT = { type: "audio/pcm", rate: 24_000 } as const;
const DETECTION = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  idle_timeout_ms: null,
  create_response: true,
  interrupt_response: true,
} as const;

/** Returns the initial session object. */
export function initialSession(type: SessionType, id: string, model: string, now: number): Json {
  const expires_at = Math.floor(now / 1000) + 3_600;
  if (type === "transcription") {
    const { create_response: _, interrupt_response: __, ...detection } = DETECTION;
    return {
      type,
      object: "realtime.transcription_session",
      id,
      expires_at,
      audio: {
        input: { format: FORMAT, transcription: null, noise_reduction: null, turn_detection: detection },
      },
      include: null,
    };
  }
  return {
    type,
    object: "realtime.session",
    id,
    model,
    expires_at,
    output_modalities: ["audio"],
    instructions: "",
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    tracing: null,
    truncation: "auto",
    prompt: null,
    audio: {
      input: { format: FORMAT, transcription: null, noise_reduction: null, turn_detection: DETECTION },
      output: { format: FORMAT, voice: "alloy", speed: 1 },
    },
    include: null,
  };
}

const FIELDS: Readonly<Record<SessionType, ReadonlySet<string>>> = {
  realtime: new Set(
    ("type model output_modalities instructions tools tool_choice max_output_tokens tracing truncation prompt audio " +
      "include reasoning parallel_tool_calls").split(" "),
  ),
  transcription: new Set(["type", "audio", "include"]),
};

/** The models that transcribe, some of which have dated versions. */
const TRANSCRIBERS =
  /^(whisper-1|gpt-transcribe|gpt-live-transcribe|gpt-realtime-whisper|gpt-4o(-mini)?-transcribe(-diarize|-latest)?)(-\d{4}-\d\d-\d\d)?$/;

/** Models that do not accept turn detection. */
const WITHOUT_DETECTION = new Set(["gpt-realtime-whisper", "gpt-live-transcribe"]);

/** Applies an update; objects are merged, other values are replaced. */
export function updatedSession(session: Json, update: Json): Json | RequestError {
  const type: SessionType = session["type"] === "transcription" ? "transcription" : "realtime";
  const asked = update["type"];
  if (asked === undefined) return missing("session.type");
  if (asked !== "realtime" && asked !== "transcription") {
    return {
      message: `Invalid value: '${asked}'. Supported values are: 'realtime' and 'transcription'.`,
      code: "invalid_value",
      param: "session.type",
    };
  }
  if (asked !== type) {
    return {
      message: `Passing a ${asked} session update event to a ${type} session is not allowed.`,
      code: "invalid_parameter",
      param: "session.type",
    };
  }
  const unknown = Object.keys(update).find((name) => !FIELDS[type].has(name));
  if (unknown !== undefined) {
    return {
      message: `Unknown parameter: 'session.${unknown}'.`,
      code: "unknown_parameter",
      param: `session.${unknown}`,
    };
  }
  return checked(merged(session, update), update);
}

function checked(session: Json, update: Json): Json | RequestError {
  const input = inputOf(session);
  const format = objectIn(input, "format");
  if (format["type"] === "audio/pcm" && format["rate"] !== 24_000) {
    return {
      message: "Invalid 'session.audio.input.format.rate': only 24000 is supported.",
      code: "invalid_value",
      param: "session.audio.input.format.rate",
    };
  }
  const model = objectIn(input, "transcription")["model"];
  if (typeof model === "string" && !TRANSCRIBERS.test(model)) {
    return {
      message: `Invalid value: '${model}' is not a transcription model.`,
      code: "invalid_value",
      param: "session.audio.input.transcription.model",
    };
  }
  if (typeof model === "string" && WITHOUT_DETECTION.has(model) && input["turn_detection"] !== null) {
    return {
      message: "Turn detection is not supported for this transcription model.",
      code: "invalid_value",
      param: "session.audio.input.turn_detection",
    };
  }
  const modalities = update["output_modalities"];
  if (
    Array.isArray(modalities) && (modalities.length !== 1 || !/^(text|audio)$/.test(String(modalities[0])))
  ) {
    return {
      message: "Invalid modalities: supported combinations are: ['text'] and ['audio'].",
      code: "invalid_value",
      param: "session.output_modalities",
    };
  }
  return session;
}

/** The facts about a session that determine the handling of audio. */
export interface SessionFacts {
  readonly type: SessionType;
  readonly detection: TurnDetection | undefined;
  readonly answersSpeech: boolean;
  readonly interrupts: boolean;
  /** `undefined` if input is not transcribed. */
  readonly transcriptionModel: string | undefined;
  readonly output: "audio" | "text";
}

/** Reads the facts from a session object. */
export function factsOf(session: Json): SessionFacts {
  const input = inputOf(session);
  const detection = input["turn_detection"];
  const fields = objectIn(input, "turn_detection");
  const model = objectIn(input, "transcription")["model"];
  const isConversation = session["type"] !== "transcription";
  const output: unknown = Array.isArray(session["output_modalities"])
    ? session["output_modalities"][0]
    : undefined;
  return {
    type: isConversation ? "realtime" : "transcription",
    detection: detection === null ? undefined : {
      prefixPaddingMs: numberOr(fields["prefix_padding_ms"], 300),
      silenceMs: numberOr(fields["silence_duration_ms"], 500),
    },
    answersSpeech: isConversation && detection !== null && fields["create_response"] !== false,
    interrupts: fields["interrupt_response"] !== false,
    transcriptionModel: typeof model === "string" ? model : undefined,
    output: output === "text" ? "text" : "audio",
  };
}

/** Returns the error for a missing parameter. */
export function missing(param: string): RequestError {
  return { message: `Missing required parameter: '${param}'.`, code: "missing_required_parameter", param };
}

function inputOf(session: Json): Json {
  return objectIn(objectIn(session, "audio"), "input");
}

function objectIn(fields: Json, name: string): Json {
  const value = fields[name];
  return isObject(value) ? value : {};
}

function merged(into: Json, from: Json): Json {
  const result: Record<string, unknown> = { ...into };
  for (const [name, value] of Object.entries(from)) {
    const before = result[name];
    result[name] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return result;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
