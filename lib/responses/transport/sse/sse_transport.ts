/**
 * The transport over HTTP: `POST responses`, answered by a stream of server-sent events.
 *
 * @module
 */
import { deadline } from "../../../async/deadline.ts";
import { isCodexBackend } from "../../../auth/auth_headers.ts";
import type { Provider } from "../../../config/provider.ts";
import { CulvertError } from "../../../errors.ts";
import { unknownCoding } from "../../../net/dialer/body/content_decoding.ts";
import type { Dialer, HttpReply } from "../../../net/dialer/dialer.ts";
import { readText } from "../../../net/dialer/body/read_text.ts";
import type { World } from "../../../world/world.ts";
import { mergeHeaders } from "../../request/call_headers.ts";
import { zstd } from "../../request/compression.ts";
import { INFERENCE_CALL_ID, type SentRequest } from "../../request/inference_trace.ts";
import { requestJson } from "../../request/request_json.ts";
import { answeredRequest, shownUrl } from "../../request/url.ts";
import type { Call, Opened, Transport } from "../transport.ts";
import type { BodyDrainer } from "./body_drainer.ts";
import { httpCallBody, httpCallHead } from "./http_call.ts";

/** Longest part of the body of a refusal that is read, bytes. */
const REFUSAL_BYTES = 64 * 1024;
/** Longest time that the body of a refusal may take, ms. */
const REFUSAL_MS = 10_000;

/** What the transport is built from. */
export interface SseTransportOptions {
  readonly dialer: Dialer;
  readonly provider: Provider;
  readonly world: World;
  /** Of the session: reads the replies of complete responses to their end. */
  readonly drainer: BodyDrainer;
}

/** Sends requests of one turn over HTTP. The encoded body is kept for the retries of the turn. */
export class SseTransport implements Transport {
  readonly name = "sse";
  readonly #options: SseTransportOptions;
  #encoded: EncodedBody | undefined;

  /** Opens nothing. */
  constructor(options: SseTransportOptions) {
    this.#options = options;
  }

  /** @throws CulvertError of the network, TLS and configuration codes; the reason of the signal when it is aborted */
  open = async (call: Call): Promise<Opened> => {
    const { dialer, drainer, provider, world } = this.#options;
    const encoded = await this.#encode(call, isCodexBackend(provider, call.authorization));
    const { headers, method, url } = httpCallHead(call, provider);
    // A new handshake takes longer than the end of the previous reply.
    await drainer.settled();
    call.signal.throwIfAborted();
    const { recorder } = call;
    const recorded: Readonly<Record<string, string>> = recorder === undefined
      ? {}
      : { [INFERENCE_CALL_ID]: recorder.begin() };
    recorder?.sending(sentRequest(call, provider));
    const reply = await dialer.request({
      method,
      url,
      headers: mergeHeaders(headers, recorded, encoded.headers),
      body: encoded.body,
      signal: call.signal,
      // The head of the reply may take as long as an event.
      headerTimeoutMs: provider.streamIdleTimeoutMs,
    });
    const { body, status } = reply;
    if (status >= 200 && status <= 299 && body !== null && mayStream(reply.headers)) {
      await refuseUnknownCoding(reply);
      const { SseStream } = await import("./sse_stream.ts");
      const options = { world, idleTimeoutMs: provider.streamIdleTimeoutMs, signal: call.signal, drainer };
      return { kind: "open", stream: new SseStream(reply, body, options) };
    }
    return {
      kind: "refused",
      refusal: {
        status,
        headers: reply.headers,
        body: await refusalText(reply, world),
        url,
        attempted: answeredRequest(method, url, reply.url),
      },
    };
  };

  /** Encodes the body once: every attempt of the turn sends the same bytes. */
  async #encode(call: Call, compress: boolean): Promise<EncodedBody> {
    if (this.#encoded?.compressed === compress) return this.#encoded;
    const { provider } = this.#options;
    const body = requestJson(httpCallBody(call, provider));
    if (compress && Object.keys(provider.headers).some((name) => name.toLowerCase() === "content-encoding")) {
      throw new CulvertError(
        "config",
        "http_headers of the provider sets content-encoding, but the body is compressed by culvert",
        { hint: "Remove content-encoding from http_headers of the provider." },
      );
    }
    this.#encoded = compress
      ? { compressed: compress, body: await zstd(body), headers: { "Content-Encoding": "zstd" } }
      : { compressed: compress, body, headers: {} };
    return this.#encoded;
  }
}

interface EncodedBody {
  readonly compressed: boolean;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns what the trace is told of a request; the former input of a stored response is not known here. */
function sentRequest(call: Call, provider: Provider): SentRequest {
  const body = { ...httpCallBody(call, provider) };
  return body.previous_response_id === undefined ? { body } : { body, wholeInput: () => body.input };
}

/** Whether a reply may be an event stream by its type. A web page is none; some gateways label streams as JSON. */
function mayStream(headers: Headers): boolean {
  return !/^\s*(text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type") ?? "");
}

/** @throws CulvertError `response_failed` for a reply whose content coding cannot be decoded */
async function refuseUnknownCoding({ body, headers, url }: HttpReply): Promise<void> {
  const coding = unknownCoding(headers);
  if (coding === undefined) return;
  await body?.cancel();
  throw new CulvertError(
    "response_failed",
    `POST ${shownUrl(url)} was answered with content-encoding "${
      coding.slice(0, 80)
    }", which cannot be decoded`,
    {
      hint:
        "A proxy or gateway encodes the stream in a way that was not requested. Ask its administrator to forward " +
        "text/event-stream unchanged.",
      details: { host: url.host, content_encoding: coding.slice(0, 80) },
    },
  );
}

/** Reads the start of the body of a refusal. The status is known, so a body that is late or breaks off is cut. */
async function refusalText({ body }: HttpReply, world: World): Promise<string> {
  using limit = deadline(REFUSAL_MS, world);
  const read = await readText(body, { maxBytes: REFUSAL_BYTES, signal: limit.signal, keepPartial: true });
  return read.text;
}
