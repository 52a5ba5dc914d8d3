/** A recording in a temporary directory, and exchanges that pass through its taps. */
import {
  type BackgroundRecorderOptions,
  startBackgroundRecorder,
} from "../../../lib/capture/record/background/background_recorder.ts";
import { type Recorder, type RecorderOptions, startRecorder } from "../../../lib/capture/record/recorder.ts";
import { loadDirectory, type LoadedCapture } from "../../../lib/capture/record/read/exchanges.ts";
import type { ExchangeTap } from "../../../lib/net/exchange_tap.ts";
import { join } from "../../support/paths.ts";

/** A recording that runs. */
export interface Recording extends AsyncDisposable {
  readonly directory: string;
  readonly recorder: Recorder;
  /** The clock of the recording, ms; set it to place an exchange in time. */
  clock: number;
  /** Ends the recording and reads it. */
  readonly load: () => Promise<LoadedCapture>;
}

/** Starts a recording in a separate thread, like the commands. */
export function recordInBackground(
  options: Partial<Omit<BackgroundRecorderOptions, "world">> = {},
): Promise<Recording> {
  return recordWith(startBackgroundRecorder, options);
}

/** Starts a recording. */
export function record(options: Partial<Omit<RecorderOptions, "world">> = {}): Promise<Recording> {
  return recordWith((all) => startRecorder({ ...all, ...options }), {});
}

async function recordWith(
  start: (options: BackgroundRecorderOptions) => Promise<Recorder>,
  options: Partial<Omit<BackgroundRecorderOptions, "world">>,
): Promise<Recording> {
  const parent = await Deno.makeTempDir({ prefix: "culvert-capture-" });
  const directory = join(parent, "capture");
  const time = { clock: 1_000 };
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const world = { now: () => 1_767_000_000_000, monotonic: () => time.clock, sleep };
  const recorder = await start({ directory, world, toolVersion: "0.0.0-test", ...options });
  return Object.assign(time, {
    directory,
    recorder,
    load: async () => {
      await recorder.close();
      return await loadDirectory(directory);
    },
    [Symbol.asyncDispose]: () => Deno.remove(parent, { recursive: true }),
  });
}

/** An exchange to pass through a tap. Bodies have the encoding of the network. */
export interface Passing {
  readonly method?: string;
  readonly url?: string;
  readonly requestHeaders?: readonly string[];
  readonly requestBody?: string | Uint8Array;
  readonly status?: number;
  readonly reason?: string;
  readonly responseHeaders?: readonly string[];
  /** Chunks of the response body; each arrives `gapMs` after the one before. */
  readonly response?: readonly (string | Uint8Array)[];
  readonly gapMs?: number;
  readonly outcome?: "complete" | "aborted" | "failed";
}

const encoder = new TextEncoder();

/** Returns text as bytes. */
export function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}

/** Exchanges passed through each recording. */
const counts = new WeakMap<Recorder, number>();

/** Passes one exchange through a tap of the recording. */
export function pass(recording: Recording, passing: Passing): void {
  const count = (counts.get(recording.recorder) ?? 0) + 1;
  counts.set(recording.recorder, count);
  const tap: ExchangeTap = recording.recorder.tap({ exchangeId: count, connectionId: count });
  const body = passing.requestBody === undefined ? undefined : bytesOf(passing.requestBody);
  tap.head({
    direction: "request",
    at: recording.clock++,
    method: passing.method ?? (body === undefined ? "GET" : "POST"),
    url: passing.url ?? "https://api.openai.com/v1/responses",
    rawHeaders: [
      ...(body === undefined ? [] : ["Content-Length", String(body.length)]),
      ...passing.requestHeaders ?? [],
    ],
  });
  if (body !== undefined) tap.bytes("request", body, recording.clock++);
  tap.end({ direction: "request", at: recording.clock++, outcome: "complete" });
  tap.head({
    direction: "response",
    at: recording.clock++,
    status: passing.status ?? 200,
    reason: passing.reason ?? "OK",
    rawHeaders: passing.responseHeaders ?? ["Content-Type", "application/json"],
  });
  for (const chunk of passing.response ?? []) {
    recording.clock += passing.gapMs ?? 1;
    tap.bytes("response", bytesOf(chunk), recording.clock);
  }
  tap.end({ direction: "response", at: ++recording.clock, outcome: passing.outcome ?? "complete" });
}

/** Returns every byte that the recording put on disk, file names included, as Latin-1 text. */
export async function everythingOnDisk(directory: string): Promise<string> {
  let all = "";
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    all += `${entry.name}\n`;
    if (entry.isDirectory) all += await everythingOnDisk(path);
    else all += new TextDecoder("latin1").decode(await Deno.readFile(path));
  }
  return all;
}

/** Returns the bytes of everything on disk. */
export async function sizeOnDisk(directory: string): Promise<number> {
  let total = 0;
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    total += entry.isDirectory ? await sizeOnDisk(path) : (await Deno.stat(path)).size;
  }
  return total;
}
