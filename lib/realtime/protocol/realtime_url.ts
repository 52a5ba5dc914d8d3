/**
 * URLs of the realtime websocket (codex client 0.171.0).
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { RealtimeVersion } from "./protocol_version.ts";

/** The target of a websocket. */
export interface RealtimeTarget {
  /** `http:`, `https:`, `ws:` or `wss:`; its query is kept. */
  readonly base: string;
  readonly version: RealtimeVersion;
  readonly model?: string;
  /** Query parameters of the provider. */
  readonly query?: Readonly<Record<string, string>>;
  /** The call to join. It is sent instead of model and query. */
  readonly callId?: string;
  /**
   * The intent of a session that only transcribes. A session that was opened with a model refuses to become
   * one ("Passing a transcription session update event to a realtime session is not allowed"); the openai
   * package (7.57.0) also opens it this way.
   */
  readonly intent?: "transcription";
}

/**
 * Returns the URL of a websocket.
 *
 * @throws CulvertError `config` for a base that is not such a URL
 */
export function realtimeUrl(target: RealtimeTarget): URL {
  const { base, callId, intent, model, query = {}, version } = target;
  const url = socketUrl(base);
  url.pathname = version === "v3" ? livePath(url.pathname) : realtimePath(url.pathname);
  if (callId !== undefined && version === "v3") url.pathname += `/${encodeURIComponent(callId)}`;
  const added: [name: string, value: string][] = [];
  if (version === "v1") added.push(["intent", "quicksilver"]);
  else if (intent !== undefined) added.push(["intent", intent]);
  if (callId !== undefined) {
    if (version !== "v3") added.push(["call_id", callId]);
  } else {
    if (model !== undefined) added.push(["model", model]);
    for (const [name, value] of Object.entries(query)) {
      if (name === "intent" || (name === "model" && model !== undefined)) continue;
      added.push([name, value]);
    }
  }
  const own = url.search.slice(1);
  // The query of the base is kept unchanged.
  url.search = [...own === "" ? [] : [own], ...added.map(pair)].join("&");
  return url;
}

function socketUrl(base: string): URL {
  const url = URL.parse(base);
  const scheme = SCHEMES[url?.protocol ?? ""];
  if (url === null || scheme === undefined) {
    throw new CulvertError(
      "config",
      "The base URL of the realtime websocket is not an http, https, ws or wss URL",
      {
        hint: "Write it in full, such as https://api.openai.com/v1.",
      },
    );
  }
  // The setter of `protocol` is defined for a change between special schemes only, which these are.
  url.protocol = scheme;
  url.hash = "";
  return url;
}

const SCHEMES: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};

function realtimePath(path: string): string {
  if (path === "" || path === "/") return "/v1/realtime";
  if (path.endsWith("/realtime/")) return path.slice(0, -1);
  const stem = path.replace(/\/+$/, "");
  return stem.endsWith("/v1") ? `${stem}/realtime` : path;
}

function livePath(path: string): string {
  if (path === "" || path === "/" || path === "/v1" || path === "/v1/") return "/v1/live";
  if (path.endsWith("/live/")) return path.slice(0, -1);
  return path.replace(/\/realtime\/?$/, "/live");
}

function pair([name, value]: readonly [name: string, value: string]): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}
