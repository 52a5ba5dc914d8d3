/**
 * The help topic `trace`.
 *
 * @module
 */
import type { Topic } from "../topic.ts";

/** The topic. */
export const trace: Topic = [
  {
    heading: "What an inference trace is",
    text:
      "A folder with the requests of a client to a model and the answers, turn by turn. It is only stored on this machine. The codex client and culvert write one if CODEX_ROLLOUT_TRACE_ROOT names a folder. culvert trace reads the schema versions 1 to 3, and refuses others. A trace contains complete prompts and answers: to give it to other people, use --share.",
  },
  {
    heading: "Written by culvert",
    text:
      "respond --trace DIR writes one trace per command, in schema 3; so does respond if CODEX_ROLLOUT_TRACE_ROOT or the key root of [rollout_trace] names a folder. The folder is created if it is missing; files have mode 0600, folders 0700. Credentials are masked, also in prompts. Nothing is sent if --trace names a folder that cannot be written; any other trace that cannot be written causes one warning and does not affect the answer. [rollout_trace] has the keys below; root, keep_days and keep_bytes belong in culvert.toml (culvert help config), because the codex client does not know them.",
    rows: [
      ["max_payload_bytes", "longest text in a payload, bytes; a longer one is truncated. Default: no limit"],
      [
        "max_bytes",
        "maximum size of one trace, bytes; later payloads are omitted, then events. Default: 268435456",
      ],
      [
        "keep_days",
        "traces that were not changed for this number of days are removed. Default: 30; 0: never",
      ],
      [
        "keep_bytes",
        "above this total size, bytes, the oldest traces are removed. Default: 1073741824; 0: no limit",
      ],
    ],
  },
  {
    heading: "Removal of old traces",
    text:
      "When a trace is started, old ones in the same folder are removed according to keep_days and keep_bytes: only traces that culvert wrote (written_by in the manifest), not those that a process is writing, and never those of the codex client. To keep a trace, move it to another folder.",
  },
  {
    heading: "Location of traces",
    text:
      "Commands search the folder of --root, else that of CODEX_ROLLOUT_TRACE_ROOT, else root of [rollout_trace], else traces in the state folder (XDG_STATE_HOME/culvert). latest is the trace that started last.",
  },
  {
    heading: "Files",
    rows: [
      ["manifest.json", "version, ids, start"],
      ["trace.jsonl", "one event per line; an incomplete last line is ignored"],
      ["payloads/N.json", "schema 1 and 2: requests, responses, arguments and outputs of tools"],
      ["payloads/000001.zst", "schema 3: the same, in compressed shards"],
    ],
  },
  {
    heading: "What is shown",
    rows: [
      ["attempt", "one request to the model; a retry and a recovery from 401 are separate attempts"],
      ["reused connection", "the connection was already open before the attempt"],
      [
        "first event, first output",
        "time from the request to the first event, and to the first text or tool call",
      ],
      ["stalled", "no event arrived for a much longer time than usual"],
      ["tokens", "input (from the cache), output (reasoning)"],
      ["exchange", "with --capture DIR: the exchange of the attempt"],
    ],
  },
  {
    heading: "Missing data",
    text:
      'The codex client does not record reuse, first event and stalls. Payloads above its limits are truncated or omitted. Such a trace is shown with the mark "closed with partial payloads", one whose writer was killed as "unclosed". Missing and damaged files are listed as problems, and all other data is shown.',
  },
  {
    heading: "Sharing",
    text:
      "--share replaces texts of items, arguments and outputs of tools, directories and the bodies of errors with their lengths, such as [TEXT:42], and masks secrets in the rest. It applies to text, --json, --html and --payload.",
  },
];
