/**
 * Opens a byte stream: a raw connection to a host and port over its route.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { CulvertError } from "../../errors.ts";
import { CONNECT_LIMIT_MS } from "../failure/stage.ts";
import type { RouteTable } from "../route/route.ts";
import { inBrackets, withoutBrackets } from "../target.ts";
import { type ByteStream, byteStream, type StreamOptions, type StreamTarget } from "../tunnel/byte_stream.ts";
import { type Attempt, attemptFailure, type ConnectParts, establish } from "../tunnel/establish.ts";

/**
 * Opens a byte stream. `Dialer.connect` lists the errors.
 *
 * @param routes resolve the target as the `https` or `http` URL of its host and port
 */
export async function openByteStream(
  target: StreamTarget,
  options: StreamOptions,
  routes: RouteTable,
  parts: ConnectParts,
): Promise<ByteStream> {
  const { signal, alpn, connectTimeoutMs: limitMs = CONNECT_LIMIT_MS } = options;
  signal?.throwIfAborted();
  const url = urlOf(target, options.tls);
  const route = routes.resolve(options.routeAsHttps === true ? urlOf(target, true) : url);
  using limit = deadline(limitMs, parts.world, signal);
  const attempt: Attempt = {
    url,
    route,
    transport: "stream",
    limit,
    progress: { stage: "resolve" },
    ...(alpn === undefined ? {} : { alpn }),
  };
  try {
    const connected = await establish(attempt, parts);
    return byteStream(connected, route, (thrown) => parts.broken(thrown, url, route));
  } catch (error) {
    throw await attemptFailure(error, attempt, { limitMs, signal }, parts);
  }
}

function urlOf({ host, port }: StreamTarget, tls: boolean): URL {
  const bare = withoutBrackets(host);
  const text = `${tls ? "https" : "http"}://${inBrackets(bare)}:${port}/`;
  const url = bare === "" || /[/?#@\\]/.test(bare) ? null : URL.parse(text);
  if (url !== null) return url;
  throw new CulvertError(
    "config",
    `Cannot connect to ${JSON.stringify(`${host}:${port}`)}: it is not a host and port`,
  );
}
