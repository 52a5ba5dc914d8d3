/**
 * Starts the inference traces of a process. Loaded only if a folder for them is configured.
 *
 * @module
 */
import type { TraceSettings } from "../../../config/trace/trace_settings.ts";
import { CulvertError } from "../../../errors.ts";
import { fileProblem } from "../../../files/read_file.ts";
import { createRedactor } from "../../../redaction/redactor.ts";
import type { Secrets } from "../../../redaction/secrets.ts";
import type { StartInferenceTrace } from "../../../responses/request/inference_trace.ts";
import { VERSION } from "../../../version.ts";
import type { Warning } from "../../../warning.ts";
import type { World } from "../../../world/world.ts";
import { createBundle } from "./bundle/bundle_files.ts";
import { BundleWriter } from "./bundle/bundle_writer.ts";
import { pruneBundles, WRITER } from "./bundle/prune_bundles.ts";
import { SessionRecorder } from "./session_recorder.ts";

/** Options of {@link startTraces}. */
export interface TracesOptions {
  readonly settings: TraceSettings;
  readonly world: World;
  /** Secrets that are removed from all written data. */
  readonly secrets: Secrets;
  /** Called once for a trace that cannot be written or has reached its limit. */
  readonly warn: (warning: Warning) => void;
}

/** The traces of a process. */
export interface Traces {
  /** Starts the trace of a session. */
  readonly start: StartInferenceTrace;
  /**
   * Ends every trace, and waits until all data is written, at most until the deadline. Never rejects.
   *
   * @param deadlineMs longest wait, ms
   */
  readonly close: (deadlineMs: number) => Promise<void>;
}

/**
 * Makes sure that a folder that the user named for this run can hold traces. It is created if it is missing.
 *
 * @param root absolute path
 * @throws CulvertError `output_unwritable`
 */
export async function checkTraceFolder(root: string): Promise<void> {
  try {
    await Deno.mkdir(root, { recursive: true, mode: 0o700 });
    await Deno.remove(await Deno.makeTempDir({ dir: root, prefix: ".culvert-" }));
  } catch (cause) {
    throw new CulvertError("output_unwritable", `Cannot write --trace ${root}: ${fileProblem(cause)}`, {
      hint: "Name a directory in which you may create files.",
      details: { path: root },
      cause,
    });
  }
}

/** Prepares traces; the first turn of a session creates its bundle. */
export function startTraces({ secrets, settings, warn, world }: TracesOptions): Traces {
  const redact = createRedactor(secrets, "user");
  const open = new Set<SessionRecorder>();
  const writers = new Set<BundleWriter>();
  const told = new Set<string>();
  const tell = (code: string, message: string) => {
    if (told.has(code)) return;
    told.add(code);
    warn({ code, message });
  };
  let pruning: Promise<unknown> = Promise.resolve();
  const tellKept = (path: string, error: unknown) =>
    tell("trace_kept", `The old inference trace in ${path} was not removed: ${fileProblem(error)}`);
  const prune = () => {
    pruning = pruning.then(async () => {
      const [failure] = (await pruneBundles(settings, world)).failures;
      if (failure !== undefined) tellKept(failure.path, failure.error);
    }).catch((thrown: unknown) => tellKept(settings.root, thrown));
  };
  return {
    start: (thread) => {
      const traceId = crypto.randomUUID();
      const writer = new BundleWriter({
        threadId: thread.threadId,
        world,
        redact,
        maxBytes: settings.maxBytes,
        ...(settings.maxPayloadBytes === undefined ? {} : { maxPayloadBytes: settings.maxPayloadBytes }),
        create: async () => {
          const ids = { traceId, threadId: thread.threadId, startedAt: world.now() };
          const files = await createBundle(settings.root, ids, `${WRITER} ${VERSION}`);
          prune();
          return files;
        },
        onFailure: (reason) =>
          tell(
            "trace_failed",
            `The inference trace in ${settings.root} is missing or incomplete (the answer is not affected): ${reason}`,
          ),
        onLimit: () =>
          tell(
            "trace_limit",
            `The inference trace has reached ${settings.maxBytes} bytes (rollout_trace.max_bytes); the rest ` +
              "is omitted (the answer is not affected)",
          ),
      });
      const recorder = new SessionRecorder({
        thread,
        traceId,
        writer,
        world,
        onClosed: () => {
          open.delete(recorder);
          writer.settled().then(() => writers.delete(writer));
        },
      });
      open.add(recorder);
      writers.add(writer);
      return recorder;
    },
    close: async (deadlineMs) => {
      for (const recorder of [...open]) recorder.abandon();
      const written = Promise.all([...writers].map((writer) => writer.settled())).then(() => pruning);
      const stop = new AbortController();
      const late = world.sleep(deadlineMs, stop.signal).then(() => {
        tell("trace_failed", `The inference trace in ${settings.root} is not complete: the disk is too slow`);
      }, () => {});
      await Promise.race([written, late]);
      stop.abort();
    },
  };
}
