/**
 * Reads requests of the simulated API.
 *
 * @module
 */
import type { RecordedRequest } from "./request_log.ts";
import type { Json } from "./scenario.ts";

/** Returns a request in the form of the log. */
export function recorded(
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
  facts: Pick<RecordedRequest, "transport" | "connection" | "clientGone">,
): RecordedRequest {
  const url = new URL(request.url);
  const json = jsonOf(bytes);
  return {
    ...facts,
    method: request.method,
    path: url.pathname,
    search: url.search,
    headers: Object.fromEntries(request.headers),
    bytes,
    at: performance.now(),
    ...(json === undefined ? {} : { json }),
  };
}

/** Reads a body as a JSON object; `undefined` for any other body. */
export async function readJson(request: Request): Promise<Json | undefined> {
  return jsonOf(await readBytes(request));
}

/** Reads a body, decompressed if it is encoded with zstd, which the ChatGPT backend accepts. */
export async function readBytes(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (request.headers.get("content-encoding") !== "zstd") return bytes;
  const { zstdDecompressSync } = await import("node:zlib");
  return new Uint8Array(zstdDecompressSync(bytes));
}

function jsonOf(bytes: Uint8Array): Json | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // Forms, compressed bodies and damaged JSON are kept as bytes.
    return undefined;
  }
}
