/**
 * Defines `culvert export`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";
import { pathFlag, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `export`. */
export type ExportFlags = OutputFlags & NetworkFlags & {
  readonly format?: "har" | "mitmproxy" | "jsonl" | "curl" | "html";
  readonly output?: string;
  readonly exchange?: string;
  readonly redact?: "safe" | "share" | "none";
  readonly harFlavor?: "chrome" | "mitmproxy";
  readonly verify?: boolean;
  readonly to?: "clickhouse" | "otlp";
  readonly schema?: boolean;
  readonly queries?: boolean;
};

/** `culvert export`. */
export const exportCommand = defineCommand<ExportFlags, [string?, string?]>({
  flags: {
    format: {
      kind: "enum",
      values: ["har", "mitmproxy", "jsonl", "curl", "html"],
      optional: true,
      brief: "Format of the output; default har",
    },
    output: pathFlag("FILE", "Write to a file instead of standard output; a new file has mode 0600"),
    exchange: textFlag("ID", "Only this exchange, such as x3; for curl the default is the last model call"),
    redact: {
      kind: "enum",
      values: ["safe", "share", "none"],
      optional: true,
      brief: "safe (default): no secrets; share (default of html): no secrets and no texts",
    },
    harFlavor: {
      kind: "enum",
      values: ["chrome", "mitmproxy"],
      optional: true,
      brief: "Reader for which the URLs of websockets are written; default chrome",
    },
    verify: switchFlag("Search the output for secrets first, and write nothing if one is found"),
    to: {
      kind: "enum",
      values: ["clickhouse", "otlp"],
      optional: true,
      brief: "Insert into ClickHouse at URL, or send to the collector at URL, instead of writing a file",
    },
    schema: switchFlag("Only print the statement that creates the table of ClickHouse"),
    queries: switchFlag("Only print queries for that table"),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "tuple",
    parameters: [
      { parse: text, optional: true, placeholder: "DIR", brief: "Directory of a capture, or a HAR file" },
      {
        parse: text,
        optional: true,
        placeholder: "URL",
        brief: "With --to: the HTTP interface of ClickHouse, or the collector",
      },
    ],
  },
  docs: {
    brief: "Convert a capture: HAR, JSON lines, a curl command, a page to share",
    description:
      "har is HAR 1.2 with the messages of websockets and the events of event streams; Chrome DevTools, HTTP Toolkit\n" +
      "and mitmproxy 10 read it. mitmproxy is a flow file for mitmproxy -r, 8.1 or later. jsonl has one record per line,\n" +
      "with its complete texts. curl is one request as a shell command; redacted credentials become variables.\n" +
      "html is one file that shows the capture in a browser, offline.\n\n" +
      "With --verify the exit status is 8 if the output contains a secret.\n\n" +
      "--to clickhouse inserts the records into the table culvert_events through the HTTP interface at URL. A second run\n" +
      "inserts no record twice and continues after the last inserted one.\n\n" +
      "--to otlp sends a span for each exchange and each model call, and a log record for each record, to the collector\n" +
      "at URL. OTEL_EXPORTER_OTLP_HEADERS, _PROTOCOL and _COMPRESSION apply. Undelivered records are counted.",
    examples: [
      "culvert export capture -o capture.har",
      "culvert export capture --format html --verify -o capture.html",
      "culvert export capture --format mitmproxy -o capture.flows",
      "culvert export capture --format curl --exchange x1",
      "culvert export capture --format jsonl > capture.jsonl",
      "culvert export --schema",
      "culvert export capture --to clickhouse http://127.0.0.1:8123/",
      "culvert export capture --to otlp http://127.0.0.1:4318/",
    ],
    seeAlso: [
      "culvert capture",
      "culvert view",
      "culvert replay",
      "culvert help capture",
      "culvert help telemetry",
    ],
  },
  load: () => import("./run.ts"),
});
