/**
 * The channels of traffic of a codex client (0.171.0): what they are for, how a request is recognized, and by which
 * setting a relay can receive it.
 *
 * @module
 */

/** Which setting of the client leads a channel through a reverse relay. */
export type ChannelBase =
  /** `openai_base_url`, or the `base_url` of a provider. */
  | "model"
  /** `chatgpt_base_url`. */
  | "backend"
  /** None: only a forward proxy sees it. */
  | "none";

/** One channel. */
export interface Channel {
  /** Name in records and tables; stable. */
  readonly id: string;
  readonly title: string;
  readonly base: ChannelBase;
  /** Hosts that it goes to unless the configuration names others. An entry `*.example` means its subdomains. */
  readonly hosts: readonly string[];
  /** Tells whether a request belongs to it. The first channel that matches counts. */
  readonly matches: (request: ChannelRequest) => boolean;
}

/** What a channel is recognized by. */
export interface ChannelRequest {
  readonly method: string;
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly isUpgrade: boolean;
}

const MODEL_HOSTS = ["api.openai.com", "chatgpt.com"];
const BACKEND_HOSTS = ["chatgpt.com"];

const on = (path: RegExp) => (request: ChannelRequest) => path.test(request.path);
const at = (host: RegExp) => (request: ChannelRequest) => host.test(request.host);

/** The channels, in the order in which they are tried. */
export const CHANNELS: readonly Channel[] = [
  {
    id: "model_websocket",
    title: "model, websocket",
    base: "model",
    hosts: MODEL_HOSTS,
    matches: ({ path, isUpgrade }) => isUpgrade && /\/responses\/?$/.test(path),
  },
  {
    id: "model",
    title: "model, SSE",
    base: "model",
    hosts: MODEL_HOSTS,
    matches: on(/\/responses\/?$/),
  },
  {
    id: "compact",
    title: "compaction and memory",
    base: "model",
    hosts: MODEL_HOSTS,
    matches: on(/\/(responses\/compact|memories\/trace_summarize)$/),
  },
  { id: "models", title: "model list", base: "model", hosts: MODEL_HOSTS, matches: on(/\/models$/) },
  {
    id: "turn_costs",
    title: "cost of a turn",
    base: "model",
    hosts: MODEL_HOSTS,
    matches: on(/\/analytics\/codex\/turn-costs$/),
  },
  {
    id: "realtime",
    title: "realtime",
    base: "model",
    hosts: MODEL_HOSTS,
    matches: on(/\/realtime(\/|$)/),
  },
  {
    id: "environment_configs",
    title: "environment configs",
    base: "model",
    hosts: MODEL_HOSTS,
    matches: on(/\/environment-configs(\/|$)/),
  },
  {
    id: "analytics",
    title: "analytics",
    base: "backend",
    hosts: BACKEND_HOSTS,
    matches: on(/\/codex\/analytics-events(\/|$)/),
  },
  {
    id: "plugins",
    title: "plugins and skills",
    base: "backend",
    hosts: BACKEND_HOSTS,
    matches: on(/\/(ps|public)?\/?plugins(\/|$)/),
  },
  {
    id: "apps_mcp",
    title: "apps and connectors",
    base: "backend",
    hosts: BACKEND_HOSTS,
    matches: on(/\/(ps\/mcp|connectors\/directory)(\/|$)/),
  },
  {
    id: "remote_control",
    title: "remote control",
    base: "backend",
    hosts: BACKEND_HOSTS,
    matches: on(/\/wham\/remote\/control(\/|$)/),
  },
  {
    id: "identity",
    title: "files and agent identity",
    base: "backend",
    hosts: BACKEND_HOSTS,
    matches: on(/\/backend-api\/files(\/|$)|\/agent-identities(\/|$)/),
  },
  {
    id: "backend",
    title: "account, usage and tasks",
    base: "backend",
    hosts: BACKEND_HOSTS,
    matches: on(/\/(wham|api\/codex)(\/|$)/),
  },
  {
    id: "oauth",
    title: "login and token refresh",
    base: "none",
    hosts: ["auth.openai.com"],
    matches: on(/^\/(oauth|api\/accounts)(\/|$)/),
  },
  {
    id: "metrics",
    title: "metrics of the vendor",
    base: "none",
    hosts: ["ab.chatgpt.com"],
    matches: ({ host, path }) => host === "ab.chatgpt.com" || /^\/otlp\/v1\/metrics$/.test(path),
  },
  {
    id: "otlp",
    title: "OpenTelemetry of the user",
    base: "none",
    hosts: [],
    matches: on(/\/v1\/(logs|traces|metrics)$/),
  },
  {
    id: "fixed",
    title: "GitHub and crash reports",
    base: "none",
    hosts: ["api.github.com"],
    matches: at(/(^|\.)(github\.com|githubusercontent\.com|sentry\.io)$/),
  },
  {
    id: "model_other",
    title: "model, other endpoints",
    base: "model",
    hosts: MODEL_HOSTS,
    matches: ({ host, path }) => host === "api.openai.com" || /^\/(v1|backend-api\/codex)\//.test(path),
  },
  {
    id: "backend_other",
    title: "backend, other endpoints",
    base: "backend",
    hosts: BACKEND_HOSTS,
    matches: ({ path }) => /^\/backend-api\//.test(path),
  },
];

/** The channel of requests that belong to no other. */
export const OTHER_CHANNEL: Channel = {
  id: "other",
  title: "tools and other programs",
  base: "none",
  hosts: [],
  matches: () => true,
};

/** Returns the channel of a request. */
export function channelOf(request: ChannelRequest): Channel {
  return CHANNELS.find((channel) => channel.matches(request)) ?? OTHER_CHANNEL;
}

/** Every host of the table, once. */
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
