/**
 * A simulated response as the bytes of an SSE body, with the faults of a scenario.
 *
 * @module
 */
import { untilAborted } from "../../async/until_aborted.ts";
import { ConnectionCut } from "../../net/server/listener.ts";
import { sleep } from "../../world/sleep.ts";
import { responseEvents, type ResponseRequest } from "./response_events.ts";
import type { Json, Scenario } from "./scenario.ts";

/** Number of bytes that are collected before a write, unless single events are required. */
const BATCH_LENGTH = 16_384;

/**
 * @param signal aborted when the client has left; ends a stall
 * @returns a body that fails with {@link ConnectionCut} if the connection is to be reset
 */
export function sseBody(
  scenario: Scenario,
  request: ResponseRequest,
  signal: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = scenario.gapMs === undefined
    ? batches(scenario, request)
    : spaced(scenario, request, scenario.gapMs, signal);
  let body: ReadableStream<Uint8Array<ArrayBuffer>> = ReadableStream.from(
    encoded(ended(chunks, scenario, signal), scenario.pieceBytes),
  );
  if (scenario.compression !== undefined) {
    body = scenario.compression === "gzip"
      ? body.pipeThrough(new CompressionStream("gzip"))
      : ReadableStream.from(zstdPieces(body));
  }
  return body;
}

/** Compresses a body; each chunk is flushed, so that it can be decoded when it arrives. */
async function* zstdPieces(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { constants, createZstdCompress } = await import("node:zlib");
  const encoder = createZstdCompress();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  encoder.on("data", (piece: Uint8Array) => pieces.push(new Uint8Array(piece)));
  for await (const bytes of body) {
    encoder.write(bytes);
    await new Promise<void>((resolve) => encoder.flush(constants.ZSTD_e_flush, () => resolve()));
    yield* pieces.splice(0);
  }
  await new Promise<void>((resolve) => encoder.end(() => resolve()));
  yield* pieces.splice(0);
}

/** Returns one event as SSE text, with the `event:` line of the real API. */
export function sseEvent(event: Json): string {
  return `event: ${event["type"]}\ndata: ${JSON.stringify(event)}\n\n`;
}

async function* batches(scenario: Scenario, request: ResponseRequest): AsyncGenerator<string> {
  let batch = "";
  for (const event of responseEvents(scenario, request)) {
    if (scenario.comments === true) batch += ": keep-alive\n\n";
    batch += sseEvent(event);
    if (batch.length < BATCH_LENGTH) continue;
    yield batch;
    batch = "";
  }
  if (batch !== "") yield batch;
}

async function* spaced(
  scenario: Scenario,
  request: ResponseRequest,
  gapMs: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (const event of responseEvents(scenario, request)) {
    if (event["type"] === "response.output_text.delta") await pause(gapMs, signal);
    yield (scenario.comments === true ? ": keep-alive\n\n" : "") + sseEvent(event);
  }
}

async function* ended(
  chunks: AsyncIterable<string>,
  scenario: Scenario,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield* chunks;
  const ending = scenario.ending;
  if (ending?.kind === "cut") {
    if (ending.midEvent === true) {
      yield 'event: response.output_text.delta\ndata: {"type":"response.output_te';
    }
    // The pause lets the written bytes reach the client before the reset discards unread ones.
    await pause(30, signal);
    throw new ConnectionCut("The scenario cuts the connection here");
  }
  if (ending?.kind === "stall") await untilAborted(signal);
}

async function* encoded(
  chunks: AsyncIterable<string>,
  pieceBytes: number | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  for await (const chunk of chunks) {
    const bytes = encoder.encode(chunk);
    const step = pieceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
  }
}

/** Resolves after `ms` milliseconds, or immediately if the client has left. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, signal).catch(() => {});
}
