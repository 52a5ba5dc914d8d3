/**
 * Reports one request of the HTTP client and its answer to a tap. The runtime's client hides the encoded
 * bytes of a response, so its decoded body is reported.
 *
 * @module
 */
import type { World } from "../../world/world.ts";
import type { ExchangeTap } from "../exchange_tap.ts";
import { nextConnectionId, reasonOf, type TapSource } from "../tap_source.ts";
import type { HttpRequest } from "./dialer.ts";
import type { BodyWatch } from "./reply_body.ts";

/** The tap of one exchange. */
export interface TappedRequest extends BodyWatch {
  /** The body to send instead of the request's own. */
  readonly body: HttpRequest["body"];
  /** Reports the head of the answer. */
  readonly answered: (response: Response) => void;
}

/**
 * Reports the head of a request, and its body while it is sent.
 *
 * @param headers the fields that are sent; the runtime adds `host` and the framing
 */
export function tapRequest(
  taps: TapSource,
  { bodySize, method, url, body }: HttpRequest,
  headers: Headers,
  world: Pick<World, "monotonic">,
): TappedRequest {
  const tap = taps.tap(nextConnectionId());
  const at = () => world.monotonic();
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const framing = bytes === undefined
    ? []
    : bytes instanceof ReadableStream
    ? bodySize === undefined ? ["transfer-encoding", "chunked"] : ["content-length", String(bodySize)]
    : ["content-length", String(bytes.length)];
  tap.head({
    direction: "request",
    at: at(),
    rawHeaders: ["host", url.host, ...[...headers].flat(), ...framing],
    method,
    url: url.href,
  });
  if (!(bytes instanceof ReadableStream)) {
    if (bytes !== undefined) tap.bytes("request", bytes, at());
    tap.end({ direction: "request", at: at(), outcome: "complete" });
  }
  return {
    body: bytes instanceof ReadableStream ? tappedStream(bytes, tap, at) : body,
    answered: (response) =>
      tap.head({
        direction: "response",
        at: at(),
        rawHeaders: [...response.headers].flat(),
        status: response.status,
        reason: response.statusText,
        isDecoded: true,
      }),
    // A copy, because the reader reuses its buffer.
    read: (data) => tap.bytes("response", data.slice(), at()),
    end: (outcome, error) => {
      const end = { at: at(), outcome, ...reasonOf(error) };
      // A server may answer before it has read the whole request; the rest is then not sent.
      tap.end({ direction: "request", ...end });
      tap.end({ direction: "response", ...end });
    },
  };
}

function tappedStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  tap: ExchangeTap,
  at: () => number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        tap.bytes("request", chunk.slice(), at());
        controller.enqueue(chunk);
      },
      flush: () => tap.end({ direction: "request", at: at(), outcome: "complete" }),
    }),
  );
}
