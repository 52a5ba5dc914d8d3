/**
 * A request to the endpoint of turns that starts no turn: a POST without model and input. A server that has the
 * endpoint refuses it as invalid, so it costs nothing.
 *
 * @module
 */
import { describeRoute } from "../../net/route/route.ts";
import { mergeHeaders } from "../../responses/request/call_headers.ts";
import type { DoctorContext } from "../context.ts";
import { type ProbeReply, readText } from "./probe_reply.ts";

/** Time kept for the report at the end, ms. */
const RESERVE_MS = 250;

/**
 * Sends the request with the credential of a turn.
 *
 * @throws CulvertError of the network and TLS codes, `redirect`; the signal's reason
 */
export async function requestEndpoint(context: DoctorContext, signal: AbortSignal): Promise<ProbeReply> {
  const { world } = context;
  const [dialer, asked, headers] = await Promise.all([
    context.dialer(),
    context.endpoint("responses"),
    context.headers("/responses", signal),
  ]);
  const begin = world.monotonic();
  const reply = await dialer.request({
    method: "POST",
    url: asked,
    headers: mergeHeaders({ "content-type": "application/json", accept: "text/event-stream" }, headers),
    body: "{}",
    signal,
    headerTimeoutMs: context.timeLeft(RESERVE_MS),
  });
  // No server answers this with a stream, but one that does must not be read to its end.
  const isStream = /event-stream/i.test(reply.headers.get("content-type") ?? "");
  if (isStream) await reply.body?.cancel();
  return {
    method: "POST",
    status: reply.status,
    headers: reply.headers,
    body: isStream ? "" : await readText(reply.body),
    asked,
    url: reply.url,
    route: describeRoute(reply.route),
    durationMs: world.monotonic() - begin,
    at: world.now(),
  };
}

/**
 * Looks for a base URL that works in place of one at which nothing is found.
 *
 * @returns a base URL at the same origin whose list of models is there; `undefined` where there is none
 */
export async function findBaseUrl(context: DoctorContext, signal: AbortSignal): Promise<string | undefined> {
  const base = await context.base();
  const [dialer, headers] = await Promise.all([context.dialer(), context.headers("/models", signal)]);
  const found = await Promise.all(
    candidates(base).map(async (candidate) => {
      const headerTimeoutMs = context.timeLeft(RESERVE_MS);
      const reply = await dialer.request({
        method: "GET",
        url: new URL(`${candidate}/models`),
        headers: mergeHeaders({ accept: "application/json" }, headers),
        signal,
        headerTimeoutMs,
      });
      await reply.body?.cancel();
      const isThere = reply.url.host === base.host && (reply.status === 200 || reply.status === 401);
      return isThere ? candidate : undefined;
    }),
  );
  return found.find((candidate) => candidate !== undefined);
}

/** Returns base URLs that may be meant: without the endpoint at the end, with `/v1` added, `/v1` of the origin. */
function candidates(base: URL): readonly string[] {
  const path = base.pathname.replace(/\/+$/, "");
  const withoutEndpoint = path.replace(/\/(responses|chat\/completions|completions|models)$/, "");
  const paths = [withoutEndpoint, `${path}/v1`, "/v1"];
  return [...new Set(paths)].filter((each) => each !== path).map((each) => `${base.origin}${each}`);
}
