/**
 * The topics of `culvert help`.
 *
 * @module
 */
import { columns, type Row, wrap } from "./layout.ts";

/** A part of a topic. */
export interface TopicSection {
  readonly heading: string;
  readonly text?: string;
  readonly rows?: readonly Row[];
}

/** A topic, whole. */
export type Topic = readonly TopicSection[];

/** Every topic: what it is about, and where it is written. */
export const TOPICS = {
  environment: {
    brief: "variables that are read",
    load: async () => (await import("./topics/environment.ts")).environment,
  },
  "exit-codes": {
    brief: "exit statuses, and the errors behind each",
    load: async () => (await import("./topics/exit_codes.ts")).exitCodes,
  },
  events: {
    brief: "the lines that --json prints",
    load: async () => (await import("./topics/events.ts")).events,
  },
  config: {
    brief: "config.toml: which keys count, and for what",
    load: async () => (await import("./topics/config.ts")).config,
  },
  proxies: {
    brief: "which way a connection takes, and whom it trusts",
    load: async () => (await import("./topics/proxies.ts")).proxies,
  },
  capture: {
    brief: "what a capture holds, redacts, replays and exports",
    load: async () => (await import("./topics/capture.ts")).capture,
  },
} as const satisfies Readonly<Record<string, { brief: string; load: () => Promise<Topic> }>>;

/** The name of a topic. */
export type TopicName = keyof typeof TOPICS;

/** Whether there is a topic of that name. */
export function isTopic(name: string): name is TopicName {
  return Object.hasOwn(TOPICS, name);
}

/** A topic as text of at most 80 columns. */
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
