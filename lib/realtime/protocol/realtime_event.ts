/**
 * The events of a realtime session, which are the same for all versions of the protocol.
 *
 * @module
 */

/** An event of a session. */
export type RealtimeEvent =
  | { readonly kind: "session_updated"; readonly sessionId: string; readonly instructions?: string }
  | {
    readonly kind: "audio";
    /** PCM16 as base64. */
    readonly data: string;
    /** Sampling rate, Hz. */
    readonly sampleRate: number;
    readonly channels: number;
    readonly samplesPerChannel?: number;
    readonly itemId?: string;
  }
  /** Speech of the user as text. */
  | { readonly kind: "input_delta"; readonly text: string; readonly itemId?: string }
  | { readonly kind: "input_done"; readonly text: string; readonly itemId?: string }
  /** Text of the model, spoken or written. */
  | { readonly kind: "output_delta"; readonly text: string; readonly itemId?: string }
  | { readonly kind: "output_done"; readonly text: string; readonly itemId?: string }
  | { readonly kind: "item_added"; readonly item: Readonly<Record<string, unknown>> }
  | { readonly kind: "item_done"; readonly itemId: string }
  /** The model passes a request to the agent; answered with a tool output for `handoffId`. */
  | { readonly kind: "handoff"; readonly handoffId: string; readonly itemId: string; readonly text: string }
  /** The model ends its turn without an answer. */
  | { readonly kind: "no_operation"; readonly callId: string; readonly itemId: string }
  | { readonly kind: "speech_started"; readonly itemId?: string }
  | {
    readonly kind: "response_created" | "response_cancelled" | "response_done";
    readonly responseId?: string;
  }
  | { readonly kind: "error"; readonly message: string; readonly code?: string };
