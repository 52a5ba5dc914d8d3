/**
 * The reply to `GET models`, which several checks examine. The request costs nothing.
 *
 * @module
 */
import { isBackendMode } from "../../auth/auth_headers.ts";
import { describeRoute } from "../../net/route/route.ts";
import { isObject } from "../../responses/events/items.ts";
import { objectInBody } from "../../responses/failures/server_text.ts";
import { shownUrl } from "../../responses/request/url.ts";
import type { DoctorContext } from "../context.ts";
import { type ProbeReply, readText } from "./probe_reply.ts";

/** The version that the backend is told; without one it lists no models. */
const CLIENT_VERSION = "0.169.0";
/** Time kept for the report at the end, ms. */
const RESERVE_MS = 250;

/**
 * Sends the request with the headers of a turn.
 *
 * @throws CulvertError of the network and TLS codes; the signal's reason
 */
export async function requestModelList(context: DoctorContext, signal: AbortSignal): Promise<ProbeReply> {
  const { world } = context;
  const [dialer, asked, headers, mode] = await Promise.all([
    context.dialer(),
    context.endpoint("models"),
    context.headers("/models", signal),
    context.mode(),
  ]);
  if (isBackendMode(mode)) asked.searchParams.set("client_version", CLIENT_VERSION);
  const begin = world.monotonic();
  const sent = world.now();
  const reply = await dialer.request({
    method: "GET",
    url: asked,
    headers: { accept: "application/json", ...headers },
    signal,
    headerTimeoutMs: context.timeLeft(RESERVE_MS),
  });
  const at = (sent + world.now()) / 2;
  return {
    method: "GET",
    status: reply.status,
    headers: reply.headers,
    body: await readText(reply.body),
    asked,
    url: reply.url,
    route: describeRoute(reply.route),
    durationMs: world.monotonic() - begin,
    at,
  };
}

/**
 * Returns the names in a list of models: `{"models":[{"slug"}]}` of the codex backend or `{"data":[{"id"}]}` of the
 * platform.
 *
 * @returns `undefined` where the body is neither
 */
export function modelNames(body: string): readonly string[] | undefined {
  const value = objectInBody(body);
  if (value === undefined) return undefined;
  const lists = [value.models, value.data].filter((list) => Array.isArray(list));
  if (lists.length === 0) return undefined;
  const names = lists.flat().flatMap((entry: unknown) => {
    if (typeof entry === "string") return [entry];
    if (!isObject(entry)) return [];
    return [entry.slug, entry.id].filter((name) => typeof name === "string");
  });
  return [...new Set(names)];
}

/** Returns what was attempted, such as `GET https://host/v1/models`, without the query. */
export function attempted({ method, url }: Pick<ProbeReply, "method" | "url">): string {
  return `${method} ${shownUrl(url)}`;
}
