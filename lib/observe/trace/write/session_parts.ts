/**
 * The parts that the recorders of one session share.
 *
 * @module
 */
import type { TracedThread } from "../../../responses/request/inference_trace.ts";
import type { World } from "../../../world/world.ts";
import type { BundleWriter } from "./bundle/bundle_writer.ts";

/** The parts that the recorders of a session share. */
export interface SessionParts {
  readonly thread: TracedThread;
  readonly traceId: string;
  readonly writer: BundleWriter;
  readonly world: Pick<World, "now" | "monotonic">;
  /** Called when the trace is complete. */
  readonly onClosed: () => void;
}
