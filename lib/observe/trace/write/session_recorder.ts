/**
 * Records the trace of a session: its thread, its turns, and operations that are open at its end.
 *
 * @module
 */
import type {
  InferenceTrace,
  ToolTrace,
  TracedToolCall,
  TracedTurn,
  TurnTrace,
} from "../../../responses/request/inference_trace.ts";
import { VERSION } from "../../../version.ts";
import { ROOT_AGENT } from "../format/layout.ts";
import { ToolRecorder } from "./tool_recorder.ts";
import { History } from "./history.ts";
import type { SessionParts } from "./session_parts.ts";
import { TurnRecorder } from "./turn_recorder.ts";

/** Records one session in a separate bundle. */
export class SessionRecorder implements InferenceTrace {
  readonly #parts: SessionParts;
  /**
   * The turns by their ids. A turn whose model called tools is kept until it continues or another one begins.
   */
  readonly #turns = new Map<string, TurnRecorder>();
  readonly #history = new History();
  #hasStarted = false;
  #isClosing = false;
  #isClosed = false;

  /** Writes no file before the first turn. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  turn = (turn: TracedTurn): TurnTrace => {
    this.#start(turn);
    const { turnId } = turn;
    for (const [id, other] of this.#turns) if (id !== turnId) other.conclude();
    const known = this.#turns.get(turnId);
    if (known !== undefined) return known.resume(turn);
    const recorder = new TurnRecorder(turn, {
      ...this.#parts,
      history: this.#history,
      onConcluded: () => {
        this.#turns.delete(turnId);
        this.#closeIfIdle();
      },
      onIdle: () => this.#closeIfIdle(),
    });
    this.#turns.set(turnId, recorder);
    return recorder.start();
  };

  tool = (call: TracedToolCall): ToolTrace => {
    const turnId = this.#history.turnOf(call.callId);
    const { thread: { threadId }, writer } = this.#parts;
    if (turnId === undefined) return new ToolRecorder(call, { threadId }, writer);
    const tool = new ToolRecorder(call, { threadId, turnId }, writer);
    return this.#turns.get(turnId)?.hold(tool) ?? tool;
  };

  close = (): void => {
    this.#isClosing = true;
    this.#closeIfIdle();
  };

  /** Ends the trace immediately: open operations count as cancelled. */
  abandon(): void {
    for (const turn of [...this.#turns.values()]) turn.abandon();
    this.#isClosing = true;
    this.#closeIfIdle();
  }

  #start({ request }: TracedTurn): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const { thread: { originator, provider, threadId }, traceId, writer } = this.#parts;
    writer.add({}, () => ({ type: "rollout_started", trace_id: traceId, root_thread_id: threadId }));
    writer.add({}, (store) => ({
      type: "thread_started",
      thread_id: threadId,
      agent_path: ROOT_AGENT,
      metadata_payload: store.value("session_metadata", {
        thread_id: threadId,
        agent_path: ROOT_AGENT,
        session_source: originator,
        model: request.model,
        provider_name: provider,
        culvert_version: VERSION,
      }),
    }));
  }

  #closeIfIdle(): void {
    if (!this.#isClosing || this.#isClosed || [...this.#turns.values()].some((turn) => turn.isRunning)) {
      return;
    }
    this.#isClosed = true;
    for (const turn of [...this.#turns.values()]) turn.conclude();
    const { onClosed, thread: { threadId }, writer } = this.#parts;
    if (this.#hasStarted) {
      writer.add({}, () => ({ type: "thread_ended", thread_id: threadId, status: "completed" }));
      writer.add({}, () => ({ type: "rollout_ended", status: "completed" }));
      writer.add({}, () => ({ type: "recording_completed" }));
    }
    writer.close();
    onClosed();
  }
}
