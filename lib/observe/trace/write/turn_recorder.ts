/**
 * Records a turn in a trace: its attempts, and its end.
 *
 * @module
 */
import type {
  CallTrace,
  TracedTurn,
  TracedTurnEnd,
  TurnTrace,
} from "../../../responses/request/inference_trace.ts";
import type { TransportName } from "../../../responses/events/events.ts";
import { CallRecorder } from "./call_recorder.ts";
import type { EventContext } from "./bundle/bundle_writer.ts";
import type { History } from "./history.ts";
import type { SessionParts } from "./session_parts.ts";
import type { ToolRecorder } from "./tool_recorder.ts";

/** The parts that the recording of a turn uses. */
export interface TurnRecorderParts extends SessionParts {
  readonly history: History;
  /** Called when the end of the turn is recorded. */
  readonly onConcluded: () => void;
  /** Called when the turn pauses and may continue later. */
  readonly onIdle: () => void;
}

/** A failed attempt, which determines the reason of the next one. */
interface FormerAttempt {
  readonly transport: TransportName;
  readonly httpStatus: number | undefined;
}

/** Records one turn with all its requests. */
export class TurnRecorder implements TurnTrace {
  #turn: TracedTurn;
  readonly #parts: TurnRecorderParts;
  readonly #calls = new Set<CallRecorder>();
  readonly #tools = new Set<ToolRecorder>();
  #former: FormerAttempt | undefined;
  #isRunning = true;
  #isConcluded = false;
  /** The end that is recorded unless the turn continues, and its time. */
  #pending: { readonly end: TracedTurnEnd; readonly at: number } | undefined;

  constructor(turn: TracedTurn, parts: TurnRecorderParts) {
    this.#turn = turn;
    this.#parts = parts;
  }

  /** Whether a request or a tool of the turn is in progress. */
  get isRunning(): boolean {
    return this.#isRunning || this.#tools.size > 0;
  }

  /** Records the start. */
  start(): this {
    const { thread: { threadId }, writer } = this.#parts;
    const { turnId } = this.#turn;
    writer.add(this.#context, () => ({
      type: "codex_turn_started",
      codex_turn_id: turnId,
      thread_id: threadId,
    }));
    return this;
  }

  /** Continues the turn with the outputs of tools. */
  resume(turn: TracedTurn): this {
    this.#turn = turn;
    this.#isRunning = true;
    this.#pending = undefined;
    this.#former = undefined;
    return this;
  }

  /** Counts the run of a tool as a part of the turn. */
  hold(tool: ToolRecorder): ToolRecorder {
    this.#tools.add(tool);
    tool.onEnd(() => {
      this.#tools.delete(tool);
      this.#parts.onIdle();
    });
    return tool;
  }

  attempt = (transport: TransportName, signal: AbortSignal): CallTrace => {
    const call = new CallRecorder({
      ...this.#parts,
      context: this.#context,
      turn: this.#turn,
      transport,
      cause: this.#causeOf(transport),
      signal,
      onEnd: (end) => {
        this.#calls.delete(call);
        if (end.kind === "failed") this.#former = { transport, httpStatus: end.httpStatus };
      },
    });
    this.#calls.add(call);
    return call;
  };

  end = (end: TracedTurnEnd): void => {
    if (!this.#isRunning || this.#isConcluded) return;
    this.#isRunning = false;
    for (const call of [...this.#calls]) call.end({ kind: "cancelled" });
    this.#pending = { end, at: this.#parts.world.now() };
    if (end.isContinued) this.#parts.onIdle();
    else this.conclude();
  };

  /** Records the end of a turn that does not continue. */
  conclude(): void {
    if (this.#isConcluded || this.#pending === undefined) return;
    this.#isConcluded = true;
    const { end: { error, status }, at } = this.#pending;
    const { writer } = this.#parts;
    const { turnId } = this.#turn;
    if (error !== undefined) {
      writer.add({}, (store) => ({
        type: "protocol_event_observed",
        event_type: "error",
        event_payload: store.value("protocol_event", {
          type: "error",
          message: error.message,
          code: error.code,
        }),
      }), at);
    }
    writer.add(this.#context, () => ({ type: "codex_turn_ended", codex_turn_id: turnId, status }), at);
    this.#parts.onConcluded();
  }

  /** Ends the turn immediately: open operations count as cancelled. */
  abandon(): void {
    for (const tool of [...this.#tools]) tool.end({ status: "cancelled" });
    this.end({ status: "cancelled", isContinued: false });
    this.conclude();
  }

  get #context(): EventContext {
    return { threadId: this.#parts.thread.threadId, turnId: this.#turn.turnId };
  }

  #causeOf(transport: TransportName): string | undefined {
    if (this.#former === undefined) return undefined;
    if (this.#former.httpStatus === 401) return "unauthorized";
    return this.#former.transport === transport ? "retry" : "fallback";
  }
}
