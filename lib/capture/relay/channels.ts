/**
 * How the traffic of a codex client (0.171.0) can be captured, channel by channel: to which hosts a channel goes, and
 * which setting of the client leads it through a reverse relay.
 *
 * @module
 */
import { channelOf } from "../record/channels.ts";

/** The setting of the client that leads a channel through a reverse relay. */
export type ChannelBase =
  /** `openai_base_url`, or the `base_url` of a provider. */
  | "model"
  /** `chatgpt_base_url`. */
  | "backend"
  /** None: only a forward proxy sees it. */
  | "none";

/** One channel. */
export interface Channel {
  /** As records name it, but for the websocket of the model, which is counted apart. */
  readonly id: string;
  readonly title: string;
  readonly base: ChannelBase;
  /** Hosts that it goes to unless the configuration names others. */
  readonly hosts: readonly string[];
}

const MODEL = { base: "model", hosts: ["api.openai.com", "chatgpt.com"] } as const;
const BACKEND = { base: "backend", hosts: ["chatgpt.com"] } as const;

/** The channels, in the order in which they are shown. */
export const CHANNELS: readonly Channel[] = [
  { id: "model", title: "model (SSE)", ...MODEL },
  { id: "model_websocket", title: "model (websocket)", ...MODEL },
  { id: "models", title: "model list", ...MODEL },
  { id: "compaction", title: "compaction", ...MODEL },
  { id: "memories", title: "memories", ...MODEL },
  { id: "turn-costs", title: "cost of turns", ...MODEL },
  { id: "realtime", title: "realtime", ...MODEL },
  { id: "images", title: "images", ...MODEL },
  { id: "search", title: "search", ...MODEL },
  { id: "files", title: "files", ...MODEL },
  { id: "audio", title: "audio", ...MODEL },
  { id: "backend", title: "account and usage", ...BACKEND },
  { id: "analytics", title: "analytics", ...BACKEND },
  { id: "plugins", title: "plugins", ...BACKEND },
  { id: "mcp", title: "apps (MCP)", ...BACKEND },
  { id: "connectors", title: "connectors", ...BACKEND },
  { id: "remote-control", title: "remote control", ...BACKEND },
  { id: "oauth", title: "login and token refresh", base: "none", hosts: ["auth.openai.com"] },
  { id: "metrics", title: "metrics of the vendor", base: "none", hosts: ["ab.chatgpt.com"] },
  // Not led by any setting: codex 0.171.0 asks chatgpt.com for it whatever its base URLs are.
  { id: "plugin-export", title: "list of curated plugins", base: "none", hosts: ["chatgpt.com"] },
  { id: "otlp", title: "OpenTelemetry", base: "none", hosts: [] },
  { id: "other", title: "other hosts", base: "none", hosts: ["api.github.com"] },
];

/** Returns the identifier of the channel that an exchange belongs to. */
export function channelIdOf(url: string, isWebSocket: boolean): string {
  const id = channelOf(url);
  return id === "model" && isWebSocket ? "model_websocket" : id;
}

/** Returns every host of the table, once. */
export function channelHosts(): readonly string[] {
  return [...new Set(CHANNELS.flatMap(({ hosts }) => hosts))];
}

/**
 * Tells whether a host is in a list.
 *
 * @param list names in lower case; `*.example` means the subdomains of `example`, `*` every host
 */
export function matchesHost(list: readonly string[], host: string): boolean {
  const name = host.toLowerCase();
  return list.some((entry) =>
    entry === "*" || entry === name || (entry.startsWith("*.") && name.endsWith(entry.slice(1)))
  );
}
