/**
 * Sends requests that were not recorded to the server that the recorded ones went to.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { Dialer, HttpReply, HttpRequest } from "../../net/dialer/dialer.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import { plainPath } from "./recorded_answer.ts";

/** Fields that belong to one connection, or to an encoding that the dialer chooses and undoes. */
const OWN_FIELDS =
  /^(accept-encoding|connection|content-length|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;
const METHODS: ReadonlySet<string> = new Set<HttpRequest["method"]>(["GET", "POST", "PUT", "DELETE"]);

/** A request to forward. */
export interface MissedRequest {
  readonly method: string;
  /** Without the base of the API. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /** As it arrived, not decoded. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** Forwards a request and returns the answer, whose body is decoded. Never rejects: a failure is a 502. */
export type ForwardMiss = (request: MissedRequest) => Promise<Response>;

/**
 * Makes the function.
 *
 * @param base URL that paths are appended to
 */
export function createForwardMiss(dialer: Pick<Dialer, "request">, base: URL): ForwardMiss {
  return async ({ method, path, query, headers, body, signal }) => {
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/$/, "")}${path}`;
    url.search = query;
    try {
      if (!isMethod(method)) throw new CulvertError("usage", `${method} requests are not forwarded`);
      const reply = await dialer.request({
        method,
        url,
        headers: Object.fromEntries([...headers].filter(([name]) => !OWN_FIELDS.test(name))),
        ...(body.length === 0 ? {} : { body }),
        redirect: "manual",
        signal,
      });
      return responseOf(reply);
    } catch (thrown) {
      const { code, message } = asCulvertError(thrown);
      return Response.json({ error: { type: "culvert_replay_forward", code, message } }, { status: 502 });
    }
  };
}

function isMethod(method: string): method is HttpRequest["method"] {
  return METHODS.has(method);
}

function responseOf({ status, headers, body }: HttpReply): Response {
  const passed = [...headers].filter(([name]) => name !== "content-encoding" && !OWN_FIELDS.test(name));
  if (body === null) return new Response(null, { status, headers: passed });
  const pieces = async function* () {
    // A copy: the reader uses its buffer again.
    for await (const bytes of body) yield bytes.slice();
  };
  return new Response(ReadableStream.from(pieces()), { status, headers: passed });
}

/**
 * Returns the base URL that the model calls of a capture went to, or those of its first exchange.
 *
 * @returns `undefined` where the capture is empty
 */
export function recordedBase({ exchanges }: Pick<LoadedCapture, "exchanges">): URL | undefined {
  const recorded = exchanges.find(({ channel }) => channel === "model") ?? exchanges[0];
  const url = URL.parse(recorded?.request?.url.replace(/^ws/, "http") ?? "");
  if (url === null) return undefined;
  const plain = plainPath(url.pathname);
  const base = plain === "/" ? url.pathname : url.pathname.slice(0, url.pathname.lastIndexOf(plain));
  return new URL(base === "" ? "/" : base, url.origin);
}
