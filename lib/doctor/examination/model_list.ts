/**
 * The one reply that the checks of HTTP, clock and models look at: `GET models`, as a turn would introduce itself,
 * and at no cost.
 *
 * @module
 */
import { isBackendMode } from "../../auth/auth_headers.ts";
import type { HttpReply } from "../../net/dialer/dialer.ts";
import { describeRoute } from "../../net/route/route.ts";
import { isObject } from "../../responses/events/items.ts";
import { objectInBody } from "../../responses/failures/server_text.ts";
import { shownUrl } from "../../responses/request/url.ts";
import type { DoctorContext } from "../context.ts";

/** The backend lists what a client of this version may use; without a version it lists nothing. */
const CLIENT_VERSION = "0.169.0";
/** Longest body that is read, bytes: the real list has a few hundred kB. */
const LONGEST = 4 * 1024 * 1024;
/** Time kept free at the end for telling what was found, ms. */
const RESERVE_MS = 250;

/** The reply, read. */
export interface ModelListReply {
  readonly status: number;
  readonly headers: Headers;
  /** Decoded, perhaps cut. */
  readonly body: string;
  /** Where it was asked, and where it came from after redirects. */
  readonly asked: URL;
  readonly url: URL;
  readonly route: string;
  readonly durationMs: number;
  /** Wall clock between the question and the head of the answer, ms since 1970. */
  readonly at: number;
}

/**
 * Asks for the list.
 *
 * @throws CulvertError of the network and TLS codes; the signal's reason when aborted
 */
export async function askModelList(context: DoctorContext, signal: AbortSignal): Promise<ModelListReply> {
  const { world } = context;
  const [dialer, asked, headers, mode] = await Promise.all([
    context.dialer(),
    context.endpoint("models"),
    context.headers(),
    context.mode(),
  ]);
  if (isBackendMode(mode)) {
    asked.searchParams.set("client_version", CLIENT_VERSION);
  }
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
    status: reply.status,
    headers: reply.headers,
    body: await readText(reply),
    asked,
    url: reply.url,
    route: describeRoute(reply.route),
    durationMs: world.monotonic() - begin,
    at,
  };
}

async function readText({ body }: HttpReply): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (bytes >= LONGEST) break;
  }
  return text + decoder.decode();
}

/** `GET https://host/v1/models`, without what may be private. */
export function attempted(reply: ModelListReply): string {
  return `GET ${shownUrl(reply.url)}`;
}

/**
 * The names in a list: `{"models":[{"slug"}]}` as the codex backend has it, `{"data":[{"id"}]}` as the platform does.
 *
 * @returns undefined where it is neither
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
