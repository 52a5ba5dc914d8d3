/**
 * Records the run of a tool in a trace.
 *
 * @module
 */
import type { ToolEnd, ToolTrace, TracedToolCall } from "../../../responses/request/inference_trace.ts";
import type { BundleWriter, EventContext } from "./bundle/bundle_writer.ts";

/** Longest preview of the input, characters (codex client 0.171.0). */
const PREVIEW = 160;

/** Records one run of a tool. */
export class ToolRecorder implements ToolTrace {
  readonly #callId: string;
  readonly #context: EventContext;
  readonly #writer: BundleWriter;
  readonly #onEnd: (() => void)[] = [];
  #hasEnded = false;

  /** Records the start. */
  constructor(call: TracedToolCall, context: EventContext, writer: BundleWriter) {
    this.#callId = call.callId;
    this.#context = context;
    this.#writer = writer;
    const { callId, input, kind, name } = call;
    writer.add(context, (store) => ({
      type: "tool_call_started",
      tool_call_id: callId,
      model_visible_call_id: callId,
      code_mode_runtime_tool_id: null,
      requester: { type: "model" },
      kind: { type: "other", name },
      summary: { type: "generic", label: name, input_preview: preview(input), output_preview: null },
      invocation_payload: store.value("tool_invocation", {
        tool_name: name,
        tool_namespace: null,
        payload: kind === "function" ? { type: "function", arguments: input } : { type: "custom", input },
      }),
    }));
  }

  /** Calls `done` when the run has ended. */
  onEnd(done: () => void): void {
    this.#onEnd.push(done);
  }

  end = (end: ToolEnd): void => {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#writer.add(this.#context, (store) => ({
      type: "tool_call_ended",
      tool_call_id: this.#callId,
      status: end.status,
      ...(end.status === "cancelled" ? {} : {
        result_payload: store.value(
          "tool_result",
          end.status === "completed"
            ? { type: "direct_response", response_item: end.item }
            : { type: "error", error: end.error },
        ),
      }),
    }));
    for (const done of this.#onEnd) done();
  };
}

function preview(text: string): string {
  return text.length <= PREVIEW ? text : `${text.slice(0, PREVIEW).replace(/[\uD800-\uDBFF]$/, "")}...`;
}
