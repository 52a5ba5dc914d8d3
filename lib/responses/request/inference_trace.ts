/**
 * The interface between a session and its inference trace: a record of complete requests and answers, which
 * an observer in another folder writes. It is used only if a trace is enabled.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import type { EventBatch, JsonObject, TokenUsage, TransportName } from "../events/events.ts";
import type { TurnRequest } from "./request.ts";

/**
 * The header of an HTTP request, and the entry of `client_metadata` in a websocket frame, that contain the id
 * of the inference call. The codex client (0.171.0) sends the header while it writes a trace, and nothing
 * over a websocket.
 */
export const INFERENCE_CALL_ID = "x-codex-inference-call-id";

/** Starts the trace of a session. Opens nothing before the first turn runs. */
export type StartInferenceTrace = (thread: TracedThread) => InferenceTrace;

/** The facts that identify the conversation of a session. */
export interface TracedThread {
  readonly threadId: string;
  readonly originator: string;
  /** Id of the provider. */
  readonly provider: string;
}

/** The trace of a session. None of its functions throws or waits. */
export interface InferenceTrace {
  /** Begins a turn, or continues one whose model called tools. */
  readonly turn: (turn: TracedTurn) => TurnTrace;
  /** Begins the run of a tool. */
  readonly tool: (call: TracedToolCall) => ToolTrace;
  /** Ends the trace as soon as no turn runs. */
  readonly close: () => void;
}

/** The facts of a turn. */
export interface TracedTurn {
  readonly turnId: string;
  readonly request: TurnRequest;
  /** Display name of the provider. */
  readonly providerName: string;
}

/** The trace of a turn. */
export interface TurnTrace {
  /**
   * Begins an attempt to get a response.
   *
   * @param transport of the attempt
   * @param signal cancels the call of the attempt when it is aborted, even if no reader waits
   */
  readonly attempt: (transport: TransportName, signal: AbortSignal) => CallTrace;
  /** Ends the turn; later calls are ignored. */
  readonly end: (end: TracedTurnEnd) => void;
}

/** How a turn ended. */
export interface TracedTurnEnd {
  readonly status: "completed" | "failed" | "cancelled";
  readonly error?: CulvertError | undefined;
  /** Whether the model called tools, so that the turn may continue. */
  readonly isContinued: boolean;
}

/**
 * The trace of an attempt: one inference call, or several if the request was sent again over a new
 * connection.
 */
export interface CallTrace extends RequestRecorder {
  /** Called when the response is open and reading starts. */
  readonly reading: (answer: TracedAnswer) => void;
  /** Receives events of the response in the order of arrival. */
  readonly read: (batch: EventBatch) => void;
  /** Ends the call; later calls are ignored, and so is the end of a call whose request was not sent. */
  readonly end: (end: CallEnd) => void;
}

/** Records the requests that a transport sends. */
export interface RequestRecorder {
  /**
   * Begins a call and returns its id, which is sent with the request. A call that is still open has failed.
   */
  readonly begin: () => string;
  /** Called before the request of the call is sent. */
  readonly sending: (request: SentRequest) => void;
}

/** A request in the form in which it is sent. */
export interface SentRequest {
  /** Its body, or its frame. Not changed afterwards. */
  readonly body: JsonObject & { readonly input: readonly unknown[] };
  /** Absent if `body.input` is the whole input. Called if the trace does not contain the earlier input. */
  readonly wholeInput?: () => readonly unknown[];
}

/** The received part of an answer. */
export interface TracedAnswer {
  /** Whether the connection was already open; not known over HTTP. */
  readonly isReused: boolean | undefined;
  readonly httpStatus: number | undefined;
  /** The server's id of the request; not known for a response over a websocket. */
  readonly upstreamRequestId: string | undefined;
  /** The complete items so far. */
  readonly items: () => readonly JsonObject[];
}

/** How a call ended. */
export type CallEnd =
  | { readonly kind: "completed"; readonly responseId: string | undefined; readonly usage: TokenUsage | null }
  | {
    readonly kind: "failed";
    readonly error: string;
    readonly upstreamRequestId?: string | undefined;
    readonly httpStatus?: number | undefined;
  }
  | { readonly kind: "cancelled" };

/** A call of a tool that this program runs. */
export interface TracedToolCall {
  readonly kind: "function" | "custom";
  readonly callId: string;
  readonly name: string;
  /** JSON text, or free text. */
  readonly input: string;
}

/** The trace of a run of a tool. */
export interface ToolTrace {
  readonly end: (end: ToolEnd) => void;
}

/** How the run of a tool ended. */
export type ToolEnd =
  | { readonly status: "completed"; readonly item: object }
  | { readonly status: "failed"; readonly error: string }
  | { readonly status: "cancelled" };
