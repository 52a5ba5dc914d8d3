/**
 * A reply to a request of the doctor.
 *
 * @module
 */

/** A reply with its body. */
export interface ProbeReply {
  readonly method: string;
  readonly status: number;
  readonly headers: Headers;
  /** Decoded text, cut at 4 MiB. */
  readonly body: string;
  /** The URL of the request, and the URL of the reply after redirects. */
  readonly asked: URL;
  readonly url: URL;
  readonly route: string;
  readonly durationMs: number;
  /** Local time between the request and the head of the reply, ms since 1970. */
  readonly at: number;
}

/** Longest body that is read, bytes: the list of the codex backend has a few hundred kB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Reads a body as text, up to 4 MiB. */
export async function readText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (bytes >= MAX_BYTES) break;
  }
  return text + decoder.decode();
}
