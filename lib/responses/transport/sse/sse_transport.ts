/**
 * Carries a request over HTTP.
 *
 * @module
 */
import type { Provider } from "../../../config/provider.ts";
import { CulvertError } from "../../../errors.ts";
import type { Dialer, HttpReply } from "../../../net/dialer/dialer.ts";
import type { World } from "../../../world/world.ts";
import { SseStream } from "./sse_stream.ts";
import type { BodyDrainer } from "./body_drainer.ts";
import { mergeHeaders } from "../../request/call_headers.ts";
import { zstd } from "../../request/compression.ts";
import { httpCallBody, httpCallHead } from "./http_call.ts";
import { isCodexBackend } from "../../request/identity.ts";
import { shownUrl } from "../../request/url.ts";
import type { Call, Opened, Transport } from "../transport.ts";

/** Longest part of an error's body that is read, bytes. */
const ERROR_BODY_BYTES = 64 * 1024;
/** Longest time that an error's body may take, ms. */
const ERROR_BODY_MS = 10_000;

/** What a transport stands on. */
export interface SseTransportOptions {
  readonly dialer: Dialer;
  readonly provider: Provider;
  readonly world: World;
  /** Of the session: what its replies still send when they are complete. */
  readonly drainer: BodyDrainer;
}

/**
 * `POST responses`, answered by an event stream. Make one for each turn: it keeps the encoded body for its
 * retries.
 */
export class SseTransport implements Transport {
  readonly name = "sse";
  readonly #options: SseTransportOptions;
  #encoded: EncodedBody | undefined;

  /** @param options what it stands on */
  constructor(options: SseTransportOptions) {
    this.#options = options;
  }

  /** @throws CulvertError of the network, TLS and configuration codes; the signal's reason when aborted */
  open = async (call: Call): Promise<Opened> => {
    const { dialer, provider, drainer, world } = this.#options;
    const compress = isCodexBackend(provider, call.authorization);
    const encoded = await this.#encode(call, compress);
    const { method, url, headers } = httpCallHead(call, provider);
    // A new handshake costs more than the end of the former reply does.
    await drainer.settled();
    call.signal.throwIfAborted();
    const reply = await dialer.request({
      method,
      url,
      headers: mergeHeaders(headers, encoded.headers, call.authorization.headers),
      secretHeaders: Object.keys(call.authorization.headers),
      body: encoded.body,
      signal: call.signal,
      // Silence is silence: before the head of the answer it is allowed as long as within the answer.
      headerTimeoutMs: provider.streamIdleTimeoutMs,
    });
    const { body } = reply;
    if (reply.status >= 200 && reply.status <= 299 && body !== null && mayStream(reply.headers)) {
      const options = { world, idleTimeoutMs: provider.streamIdleTimeoutMs, signal: call.signal, drainer };
      return { kind: "open", stream: new SseStream(reply, body, options) };
    }
    return {
      kind: "refused",
      refusal: {
        status: reply.status,
        headers: reply.headers,
        body: await errorBody(reply, world),
        url: reply.url,
        attempted: `POST ${shownUrl(reply.url)}`,
      },
    };
  };

  /** Encodes once: every attempt of the turn sends the same bytes. */
  async #encode(call: Call, compress: boolean): Promise<EncodedBody> {
    if (this.#encoded?.compressed === compress) return this.#encoded;
    const { provider } = this.#options;
    const body = JSON.stringify(httpCallBody(call, provider));
    if (compress && Object.keys(provider.headers).some((name) => name.toLowerCase() === "content-encoding")) {
      throw new CulvertError(
        "config",
        "The provider sets Content-Encoding, but the body is compressed here",
        {
          hint: "Remove content-encoding from the provider's http_headers.",
        },
      );
    }
    const small = compress ? await zstd(body) : undefined;
    this.#encoded = small === undefined
      ? { compressed: compress, body, headers: {} }
      : { compressed: compress, body: small, headers: { "Content-Encoding": "zstd" } };
    return this.#encoded;
  }
}

interface EncodedBody {
  readonly compressed: boolean;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A web page or a JSON document is no stream, whatever the status says. Every other type is given its chance.
 */
function mayStream(headers: Headers): boolean {
  return !/^\s*(text\/html|application\/(xhtml\+xml|json))\b/i.test(headers.get("content-type") ?? "");
}

/**
 * The start of a refusal's body, as far as it comes in good time. What is cut off or late is not waited for.
 */
async function errorBody({ body }: HttpReply, world: World): Promise<string> {
  if (body === null) return "";
  const done = new AbortController();
  const overdue = world.sleep(ERROR_BODY_MS, done.signal).then(() => body.cancel()).catch(() => {});
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    while (bytes < ERROR_BODY_BYTES) {
      const value = await body.read();
      if (value === undefined) break;
      bytes += value.length;
      text += decoder.decode(value.subarray(0, value.length - Math.max(0, bytes - ERROR_BODY_BYTES)), {
        stream: true,
      });
    }
  } catch (error) {
    // The status is what matters; a body that breaks off says as much as came of it.
    if (!(error instanceof Error)) throw error;
  } finally {
    done.abort();
    await overdue;
    await body.cancel().catch(() => {});
  }
  return text + decoder.decode();
}
