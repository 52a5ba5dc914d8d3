/**
 * Records what passes through a relay as a capture on disk.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import type { ExchangeIds, TapFactory } from "../../net/exchange_tap.ts";
import type { Secrets } from "../../redaction/secrets.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import { CaptureWriter } from "./store/capture_writer.ts";
import { createCaptureRedaction } from "./capture_redaction.ts";
import { ExchangeRecorder, type RecorderParts } from "./exchange_recorder.ts";
import {
  BODIES_FOLDER,
  type CaptureMeta,
  DEFAULT_MAX_BYTES,
  FORMAT_VERSION,
  META_FILE,
  RECORDS_FILE,
  type RedactionProfile,
} from "./format.ts";

/** Options of {@link startRecorder}. */
export interface RecorderOptions {
  /** The capture's directory. Made if it does not exist; must not hold a capture. */
  readonly directory: string;
  readonly world: Pick<World, "now" | "monotonic">;
  readonly toolVersion: string;
  /** Bytes on disk after which bodies are no longer stored. The traffic goes on. Default 1 GiB. */
  readonly maxBytes?: number;
  /** Default `safe`. */
  readonly redaction?: RedactionProfile;
  /**
   * Records the pieces of bodies too, with their times and sizes on the wire; without redaction also their bytes.
   * Default: false.
   */
  readonly rawChunks?: boolean;
  /** Secrets that are known from the start, such as the key that the relay adds, or the register of the process. */
  readonly secrets?: readonly string[] | Secrets;
  /** The channels that were set up, and the upstream of each. */
  readonly channels?: Readonly<Record<string, string>>;
  /** Told once when the limit is reached, and once when nothing can be written any more. */
  readonly warn?: (warning: Warning) => void;
}

/** What was recorded. */
export interface RecorderSummary {
  readonly directory: string;
  readonly exchanges: number;
  readonly records: number;
  /** Why the recording is incomplete. */
  readonly failure?: string;
}

/** A recording under way. */
export interface Recorder {
  /** Makes the tap of each exchange. */
  readonly tap: TapFactory;
  readonly meta: CaptureMeta;
  /** What was recorded so far. */
  readonly summary: () => RecorderSummary;
  /** Waits until everything seen so far is written. Never rejects. */
  readonly flush: () => Promise<void>;
  /** Ends the recording; exchanges that are open are recorded as aborted. */
  readonly close: () => Promise<RecorderSummary>;
}

/** A recording by the thread that makes it: the work of each tap is done when it is called. */
export interface LocalRecorder extends Recorder {
  readonly tap: (ids: ExchangeIds) => ExchangeRecorder;
}

/**
 * Makes the directory of a capture and starts to record, in this thread. A relay uses `startBackgroundRecorder`.
 *
 * @throws CulvertError `output_unwritable` when the directory cannot be made, is a symbolic link, or holds a capture
 */
export async function startRecorder(options: RecorderOptions): Promise<LocalRecorder> {
  const { world, directory } = options;
  // Both clocks at once: the wall-clock time of a record is computed from its monotonic time.
  const monotonicStart = world.monotonic();
  const meta: CaptureMeta = {
    v: FORMAT_VERSION,
    capture_id: crypto.randomUUID(),
    tool: { name: "culvert", version: options.toolVersion },
    redaction: options.redaction ?? "safe",
    started_ms: world.now(),
    ...(options.channels === undefined ? {} : { channels: options.channels }),
  };
  const file = await createFiles(directory, meta);
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  let failure: string | undefined;
  const writer = new CaptureWriter(file, {
    directory,
    maxBytes,
    elapsed: () => world.monotonic() - monotonicStart,
    onLimit: () =>
      options.warn?.({
        code: "capture_limit",
        message: `The capture has reached ${maxBytes} bytes (--max-size); bodies are no longer recorded`,
      }),
    onFailure: (error) => {
      failure = fileProblem(error);
      options.warn?.({
        code: "capture_unwritable",
        message: `The recording in ${directory} stopped, the program continues: ${failure}`,
      });
    },
  });
  const redaction = createCaptureRedaction(meta.redaction, options.secrets);
  const onFault = (error: unknown) => {
    if (failure !== undefined) return;
    failure = error instanceof Error ? error.message : String(error);
    options.warn?.({
      code: "capture_incomplete",
      message: `The recording in ${directory} is incomplete, the program continues: ${failure}`,
    });
  };
  const parts: RecorderParts = {
    ...{ writer, redaction, monotonicStart, wallStart: meta.started_ms, onFault },
    ...(options.rawChunks === true ? { chunks: meta.redaction === "none" ? "data" : "sizes" } : {}),
  };
  const open = new Set<ExchangeRecorder>();
  let exchanges = 0;
  const summary = () => ({
    directory,
    exchanges,
    records: writer.records,
    ...(failure === undefined ? {} : { failure }),
  });
  return {
    meta,
    summary,
    tap: (ids) => {
      exchanges++;
      const recorder: ExchangeRecorder = new ExchangeRecorder(ids, parts, () => open.delete(recorder));
      open.add(recorder);
      return recorder;
    },
    flush: async () => {
      await Promise.all([...open].map((recorder) => recorder.idle()));
      await writer.flush();
    },
    close: async () => {
      await Promise.all([...open].map((recorder) => recorder.close(world.monotonic())));
      await writer.close();
      return summary();
    },
  };
}

async function createFiles(directory: string, meta: CaptureMeta): Promise<Deno.FsFile> {
  try {
    const before = await Deno.lstat(directory).catch(() => undefined);
    if (before?.isSymlink === true) throw new Error("it is a symbolic link");
    if (before !== undefined && !before.isDirectory) throw new Error("it is not a directory");
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    // A link that another user placed would lead the record to a directory of their choice.
    if ((await Deno.lstat(directory)).isSymlink) throw new Error("it is a symbolic link");
    // A folder, a file or a symbolic link of these names is refused: it is of an earlier capture.
    await Deno.mkdir(join(directory, BODIES_FOLDER), { mode: 0o700 });
    const options = { createNew: true, mode: 0o600 };
    await Deno.writeTextFile(join(directory, META_FILE), `${JSON.stringify(meta, null, 2)}\n`, options);
    return await Deno.open(join(directory, RECORDS_FILE), { append: true, ...options });
  } catch (error) {
    const exists = error instanceof Deno.errors.AlreadyExists;
    const reason = exists ? "it already contains a capture" : fileProblem(error);
    throw new CulvertError("output_unwritable", `Cannot record in ${directory}: ${reason}`, {
      hint: exists ? "Name another directory for the capture." : "Name a writable directory for the capture.",
      details: { path: directory },
      cause: error,
    });
  }
}
