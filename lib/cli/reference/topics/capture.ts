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
      "A directory (mode 0700) with capture.jsonl, meta.json and bodies/ (files 0600). Every line of capture.jsonl is one record: a head, an event of an event stream with its arrival time, a message of a websocket, an end. Bodies are stored decoded. A repeated text, such as the history of a conversation, is stored once and referenced. After a crash all lines except the last can be read.",
  },
  {
    heading: "What each mode covers",
    text:
      "forward: the program gets a proxy and the CA of this run; reverse: its base URL is a relay on loopback; keylog: its TLS keys are stored with the encrypted bytes, for Wireshark. Without --mode, --base-url chooses reverse, and --intercept forward. culvert respond --capture DIR records its own requests without a proxy. For a browser, save a HAR with its developer tools, which culvert reads like a capture.",
    rows: [
      [
        "codex",
        "forward: every connection, websockets too; reverse: model and backend, API key or ChatGPT login; keylog: nothing, codex writes no keys",
      ],
      [
        "openai package under Node",
        "reverse (default for node, npx, bun): everything, if the base URL is not fixed in the program; forward and keylog: everything since Node 22.21 and 24.5, which obey NODE_USE_ENV_PROXY, nothing before",
      ],
      ["openai package under Python", "everything in every mode"],
      ["curl", "forward and keylog: everything; reverse: commands that use $OPENAI_BASE_URL"],
      ["browsers", "nothing: they ignore the variables"],
    ],
  },
  {
    heading: "While it runs",
    text:
      "--live shows the capture in a browser at an address on stderr. --ship URL inserts the records into a ClickHouse database. The server must answer before the program starts; later the capture on disk is the queue, so an unreachable server only delays it; the records that are missing at the end are counted, and culvert export DIR --to clickhouse URL inserts them. --raw-chunks also records each chunk of a body with its time and size, and its bytes with --redact none.",
  },
  {
    heading: "Redaction",
    text:
      "Secrets are replaced before anything is written: in headers, URLs, cookies, forms, JSON at any depth, events and messages, compressed or not. [REDACTED:1f0c9a3e] replaces a value; equal values have equal masks within one capture. The profile share also removes the texts of prompts, answers and tools; export --format html uses it by default. A secret that a model writes in several events is not detected.",
  },
  {
    heading: "Records",
    rows: [
      ["http.request", "method, url, headers, body"],
      ["http.response", "status, headers"],
      ["http.chunk", "with --raw-chunks: direction, position and size of a chunk on the wire"],
      ["sse.event", "event, data, json_type, position and size in the stream"],
      ["http.end", "outcome, response body, sizes, timings"],
      ["ws.open, ws.message, ws.close", "a websocket: its handshake, messages with direction, its end"],
      ["net.error", "a failure below HTTP"],
      ["piece", "a text that other records refer to by number"],
      ["capture.limit", "--max-size was reached; later records have no bodies"],
    ],
  },
  {
    heading: "Damaged captures",
    text:
      "export, replay, view, diff and trace show --capture leave out the lines that they cannot read, an incomplete last line, and the texts of files of bodies/ that are missing or were changed. They say so on stderr, with the number of lines and of the first one, and the exit status stays 0. They also report records and requests that are missing, bodies and events that --max-size left out, and exchanges that are not complete because the traffic was faster than the recording. view --json, replay --json and diff --json have the same as damaged_lines, first_damaged_line, missing_records, is_torn, missing_bodies, changed_bodies, missing_requests, omitted_by_limit and incomplete_by_overload; a HAR has it as the comment of its log.",
  },
  {
    heading: "Matching in a replay",
    rows: [
      ["--match exact", "method, path, query and body, without ids and metadata that change in each run"],
      ["--match shape", "model, names of the tools, types of the items, last text of the user"],
      ["--match order", "the next recorded answer to the same path"],
      ["--miss forward", "a request that was not recorded is sent to the recorded server; -o DIR records it"],
    ],
  },
  {
    heading: "ClickHouse",
    text:
      "culvert export DIR --to clickhouse URL inserts the records into the table culvert_events, in batches. Running it again inserts no record twice and continues after the last one. culvert export --schema prints the table, culvert export --queries these queries:",
    rows: [
      ["slowest first token", "model calls by the time to their first token"],
      ["share of cached tokens", "by model and hour"],
      ["401s and recoveries", "refused requests, and the requests after them"],
      ["retries by host", "requests that were sent again"],
      ["largest prompts", "model calls by their input tokens"],
    ],
  },
];
