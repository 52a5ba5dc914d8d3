/**
 * What a session tells its inference trace: a record of whole requests and answers, which an observer in another folder
 * writes. Nothing here is called where no trace was asked for.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import type { EventBatch, JsonObject, TokenUsage, TransportName } from "../events/events.ts";
import type { TurnRequest } from "./request.ts";

/**
 * The header of an HTTP request, and the entry of `client_metadata` in a websocket frame, that hold the id of the
 * inference call. The codex client (0.171.0) sends the header while it writes a trace, and nothing over a websocket.
 */
export const INFERENCE_CALL_ID = "x-codex-inference-call-id";

/** Starts the trace of a session. Opens nothing before the first turn runs. */
export type StartInferenceTrace = (thread: TracedThread) => InferenceTrace;

/** What identifies the conversation of a session. */
export interface TracedThread {
  readonly threadId: string;
  readonly originator: string;
  /** Id of the provider. */
  readonly provider: string;
}

/** The trace of a session. None of its functions throws or waits. */
export interface InferenceTrace {
  /** Begins a turn, or goes on with one whose model called tools. */
  readonly turn: (turn: TracedTurn) => TurnTrace;
  /** Begins the run of a tool. */
  readonly tool: (call: TracedToolCall) => ToolTrace;
  /** Ends the trace as soon as no turn runs. */
  readonly close: () => void;
}

/** What is told of a turn. */
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
   * @param signal cancels the call of the attempt when it is aborted, whether anybody reads or not
   */
  readonly attempt: (transport: TransportName, signal: AbortSignal) => CallTrace;
  /** Ends the turn; later calls are ignored. */
  readonly end: (end: TracedTurnEnd) => void;
}

/** How a turn ended. */
export interface TracedTurnEnd {
  readonly status: "completed" | "failed" | "cancelled";
  readonly error?: CulvertError | undefined;
  /** Whether the model called tools, so that the turn may go on. */
  readonly isContinued: boolean;
}

/**
 * The trace of an attempt: one inference call, or several where the request had to be sent again over a new connection.
 */
export interface CallTrace extends RequestRecorder {
  /** The response is open and is read from now on. */
  readonly reading: (answer: TracedAnswer) => void;
  /** Takes events of the response in the order of arrival. */
  readonly read: (batch: EventBatch) => void;
  /** Ends the call; later calls are ignored, and so is the end of a call whose request was not sent. */
  readonly end: (end: CallEnd) => void;
}

/** Records what a transport sends. */
export interface RequestRecorder {
  /** Begins a call and returns its id, which the request carries. A call that is open already has failed. */
  readonly begin: () => string;
  /** The request of the call is about to be sent. */
  readonly sending: (request: SentRequest) => void;
}

/** A request as it is sent. */
export interface SentRequest {
  /** Its body, or its frame. Not changed afterwards. */
  readonly body: JsonObject & { readonly input: readonly unknown[] };
  /** Absent where `body.input` is the whole input. Called where the trace does not hold the former input. */
  readonly wholeInput?: () => readonly unknown[];
}

/** An answer that is read, as far as it has come. */
export interface TracedAnswer {
  /** Whether the connection was open before; not known over HTTP. */
  readonly isReused: boolean | undefined;
  readonly httpStatus: number | undefined;
  /** The server's id of the request; not known of a response over a websocket. */
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

/** A call of a tool that is run here. */
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
