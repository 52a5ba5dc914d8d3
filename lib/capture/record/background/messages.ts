/**
 * What the relay's thread and the recording thread tell each other. Both run the same program, so nothing is validated.
 *
 * @module
 */
import type { DetailValue, ErrorCode } from "../../../errors.ts";
import type { Direction, ExchangeEnd, ExchangeHead } from "../../../net/exchange_tap.ts";
import type { Warning } from "../../../warning.ts";
import type { CaptureMeta } from "../format.ts";
import type { RecorderOptions, RecorderSummary } from "../recorder.ts";

/** One call of a tap. */
export type TapCall =
  & { readonly exchangeId: number }
  & (
    | { readonly what: "open"; readonly connectionId: number }
    | { readonly what: "head"; readonly head: ExchangeHead }
    | { readonly what: "upgrade"; readonly head: ExchangeHead }
    | { readonly what: "end"; readonly end: ExchangeEnd }
    /** The bytes are the next `length` of {@link TapBatch.bytes}. */
    | { readonly what: "bytes"; readonly direction: Direction; readonly at: number; readonly length: number }
    /** Bytes that were not handed over, since too many were waiting. */
    | { readonly what: "lost"; readonly direction: Direction; readonly length: number }
  );

/** Calls in their order. */
export interface TapBatch {
  readonly kind: "batch";
  /** Monotonic time of the relay's thread, ms. Each thread has a clock of its own. */
  readonly now: number;
  readonly calls: readonly TapCall[];
  /** The bytes of all calls, one behind the other. Transferred. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** To the recording thread. */
export type RecordingRequest =
  | {
    readonly kind: "start";
    readonly options: Omit<RecorderOptions, "world" | "warn" | "secrets"> & {
      readonly secrets?: readonly string[];
    };
    /** Wall clock and monotonic time, ms. */
    readonly startedMs: number;
    readonly now: number;
  }
  | TapBatch
  | { readonly kind: "flush"; readonly number: number }
  | { readonly kind: "close"; readonly now: number };

/** From the recording thread. */
export type RecordingReply =
  | { readonly kind: "started"; readonly meta: CaptureMeta; readonly summary: RecorderSummary }
  | { readonly kind: "refused"; readonly error: PortableError }
  /** A batch is recorded. */
  | { readonly kind: "recorded"; readonly bytes: number; readonly summary: RecorderSummary }
  | { readonly kind: "flushed"; readonly number: number; readonly summary: RecorderSummary }
  | { readonly kind: "closed"; readonly summary: RecorderSummary }
  | { readonly kind: "warning"; readonly warning: Warning };

/** A `CulvertError` on its way between threads, which would lose its class and its fields. */
export interface PortableError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details: Readonly<Record<string, DetailValue>>;
}
