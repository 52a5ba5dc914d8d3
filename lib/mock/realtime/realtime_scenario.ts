/**
 * What the simulated realtime API does with a session, and what it saw of it.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import type { SimulatedCall } from "./realtime_calls.ts";

export type { SimulatedCall };

/** What to do. Fields combine; a scenario without fields is a session without faults. */
export interface RealtimeScenario {
  /** Drops the connection when so much audio has arrived, ms of audio. */
  readonly cutAfterMs?: number;
  /** Closes the websocket with a code when so much audio has arrived. */
  readonly close?: { readonly afterMs: number; readonly code: number; readonly reason: string };
  /** Stops reading and answering when so much audio has arrived, ms of audio. */
  readonly stallAfterMs?: number;
  /** Sent when so much audio has arrived. */
  readonly frame?: { readonly afterMs: number; readonly frame: Json };
  /** Counted from 0: utterances whose transcription fails. */
  readonly failedItems?: readonly number[];
  /** Answers `session.update` with this error. */
  readonly refuses?: { readonly message: string; readonly code: string };
  /** Waits before each piece of an answer, ms. */
  readonly gapMs?: number;
}

/** One session that the simulated API saw. */
export interface RealtimeSessionLog {
  /** Path of the upgrade, without the query. */
  readonly path: string;
  /** Query of the upgrade with its `?`, or empty. */
  readonly search: string;
  /** Of the handshake, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The frames of the client but for those with audio. */
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
  /** Sets what the next sessions do, in order. */
  readonly enqueue: (...scenarios: readonly RealtimeScenario[]) => void;
}
