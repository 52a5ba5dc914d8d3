/**
 * The behavior of the simulated realtime API in a session, and its record of the session.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import type { SimulatedCall } from "./realtime_calls.ts";

export type { SimulatedCall };

/**
 * The behavior in one session. Fields can be combined; a scenario without fields is a session without
 * faults.
 */
export interface RealtimeScenario {
  /** Length of audio after which the connection is dropped, ms. */
  readonly cutAfterMs?: number;
  /** Closes the websocket with a code after a length of audio. */
  readonly close?: { readonly afterMs: number; readonly code: number; readonly reason: string };
  /** Length of audio after which reading and answering stop, ms. */
  readonly stallAfterMs?: number;
  /** An event that is sent after a length of audio. */
  readonly frame?: { readonly afterMs: number; readonly frame: Json };
  /** Numbers of the utterances whose transcription fails, starting at 0. */
  readonly failedItems?: readonly number[];
  /** Answers `session.update` with this error. */
  readonly refuses?: { readonly message: string; readonly code: string };
  /** Pause before each part of an answer, ms. */
  readonly gapMs?: number;
}

/** One session of the simulated API. */
export interface RealtimeSessionLog {
  /** Path of the upgrade, without the query. */
  readonly path: string;
  /** Query of the upgrade with its `?`, or empty. */
  readonly search: string;
  /** Headers of the handshake, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The frames of the client, except those with audio. */
  readonly frames: readonly Json[];
  /** Samples of audio that arrived. */
  readonly samples: number;
  /** Frames with audio that arrived. */
  readonly appends: number;
  /** Root mean square of all audio that arrived; full scale is 32,768. */
  readonly level: number;
  /** The samples that had arrived when the first text was sent; `undefined` before. */
  readonly samplesBeforeText: number | undefined;
  /** The transcripts of the utterances, in order. */
  readonly transcripts: readonly string[];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

/** The realtime side of a simulated API. */
export interface SimulatedRealtime {
  /** The sessions so far, oldest first. */
  readonly sessions: readonly RealtimeSessionLog[];
  /** The calls that were created, oldest first. */
  readonly calls: readonly SimulatedCall[];
  /** Queues scenarios for the next sessions, in order. */
  readonly enqueue: (...scenarios: readonly RealtimeScenario[]) => void;
}
