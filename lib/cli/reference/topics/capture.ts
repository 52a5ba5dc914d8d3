/**
 * `culvert help capture`.
 *
 * @module
 */
import type { Topic } from "../topic.ts";

/** The topic. */
export const capture: Topic = [
  {
    heading: "What a capture is",
    text:
      "A directory (mode 0700) with capture.jsonl, meta.json and bodies/ (files 0600). Every line of capture.jsonl is one record: a head, an event of an event stream with its arrival time, a message of a websocket, an end. Bodies are stored decoded. A text that repeats, such as the history of a conversation, is stored once and referred to. After a crash everything but the last line can be read.",
  },
  {
    heading: "Redaction",
    text:
      "Secrets are replaced before anything is written: in headers, URLs, cookies, forms, JSON at any depth, events and messages, compressed or not. [REDACTED:1f0c9a3e] stands for a value; equal values have equal masks within one capture. The profile share also removes the texts of prompts, answers and tools; export --format html uses it by default. A secret that a model writes in pieces, one event each, is not recognized.",
  },
  {
    heading: "Records",
    rows: [
      ["http.request", "method, url, headers, body"],
      ["http.response", "status, headers"],
      ["sse.event", "event, data, json_type, position and size in the stream"],
      ["http.end", "outcome, response body, sizes, timings"],
      ["ws.open, ws.message, ws.close", "a websocket: its handshake, messages with direction, its end"],
      ["net.error", "a failure below HTTP"],
      ["piece", "a text that others refer to by number"],
      ["capture.limit", "from here on without bodies: --max-size was reached"],
    ],
  },
  {
    heading: "Matching in a replay",
    rows: [
      ["--match exact", "method, path, query and body, without ids and metadata that change from run to run"],
      ["--match shape", "model, names of the tools, types of the items, last text of the user"],
      ["--match order", "the next recorded answer to the same path"],
    ],
  },
  {
    heading: "ClickHouse",
    text:
      "culvert export DIR --to clickhouse URL inserts the records into the table culvert_events, in batches. Running it again inserts nothing twice and goes on where it was stopped. culvert export --schema prints the table, culvert export --queries these queries:",
    rows: [
      ["slowest first token", "model calls by the time to their first token"],
      ["share of cached tokens", "by model and hour"],
      ["401s and recoveries", "refused requests, and what followed"],
      ["retries by host", "requests that were sent again"],
      ["largest prompts", "model calls by their input tokens"],
    ],
  },
];
