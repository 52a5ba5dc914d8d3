/**
 * Lists and renders the topics of `culvert help`.
 *
 * @module
 */
import { columns, type Row, wrap } from "./layout.ts";

/** A section of a topic. */
export interface TopicSection {
  readonly heading: string;
  readonly text?: string;
  readonly rows?: readonly Row[];
}

/** A complete topic. */
export type Topic = readonly TopicSection[];

/** Every topic, with its summary and its text. */
export const TOPICS = {
  environment: {
    brief: "environment variables",
    load: async () => (await import("./topics/environment.ts")).environment,
  },
  "exit-codes": {
    brief: "exit statuses and error codes",
    load: async () => (await import("./topics/exit_codes.ts")).exitCodes,
  },
  events: {
    brief: "the lines that --json prints",
    load: async () => (await import("./topics/events.ts")).events,
  },
  config: {
    brief: "keys of config.toml and culvert.toml",
    load: async () => (await import("./topics/config.ts")).config,
  },
  proxies: {
    brief: "routes, proxies and trust",
    load: async () => (await import("./topics/proxies.ts")).proxies,
  },
  telemetry: {
    brief: "traces, metrics and logs for a collector",
    load: async () => (await import("./topics/telemetry.ts")).telemetry,
  },
  capture: {
    brief: "captures: content, redaction, replay, export",
    load: async () => (await import("./topics/capture.ts")).capture,
  },
  trace: {
    brief: "inference traces: files, content, sharing",
    load: async () => (await import("./topics/trace.ts")).trace,
  },
} as const satisfies Readonly<Record<string, { brief: string; load: () => Promise<Topic> }>>;

/** The name of a topic. */
export type TopicName = keyof typeof TOPICS;

/** Returns the names of the topics with their summaries. */
export function topicRows(): readonly Row[] {
  return Object.entries(TOPICS).map(([name, { brief }]) => [name, brief]);
}

/** Returns whether a topic of that name exists. */
export function isTopic(name: string): name is TopicName {
  return Object.hasOwn(TOPICS, name);
}

/** Renders a topic in lines of at most 80 columns. */
export function topicText(topic: Topic): string {
  const sections = topic.map(({ heading, text, rows = [] }) =>
    [
      heading.toUpperCase(),
      ...(text === undefined ? [] : wrap(text, 78).map((line) => line === "" ? "" : `  ${line}`)),
      ...(text === undefined || rows.length === 0 ? [] : [""]),
      ...columns(rows, 32),
    ].join("\n")
  );
  return `${sections.join("\n\n")}\n`;
}
