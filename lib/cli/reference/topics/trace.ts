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
      "A folder that records what a client sent to a model and what came back, turn by turn, on this machine only. The codex client and culvert write one where CODEX_ROLLOUT_TRACE_ROOT names a folder. culvert trace reads the schema versions 1 to 3, and refuses others by name. A trace contains whole prompts and answers: do not give it away; use --share.",
  },
  {
    heading: "Written by culvert",
    text:
      "respond --trace DIR writes one trace a command, in schema 3; so does respond where CODEX_ROLLOUT_TRACE_ROOT or the key root of [rollout_trace] names a folder. The folder is created if it is missing; files have mode 0600, folders 0700. Credentials are masked, in prompts as well. A trace that cannot be written gives one warning and changes nothing about the answer. [rollout_trace] has the keys below; root, keep_days and keep_bytes belong in culvert.toml (culvert help config), because the codex client does not know them.",
    rows: [
      ["max_payload_bytes", "longest text in a payload; a longer one is cut. Default: no limit"],
      ["max_bytes", "most bytes of one trace; later payloads are omitted, then events. Default: 268435456"],
      ["keep_days", "traces not written to for so many days are removed. Default: 30; 0: never"],
      ["keep_bytes", "above this sum the oldest traces are removed. Default: 1073741824; 0: no limit"],
    ],
  },
  {
    heading: "What is removed",
    text:
      "When a trace is begun, old ones in the same folder are removed by keep_days and keep_bytes: only traces that culvert wrote (written_by in the manifest), none that a process is writing, and never those of the codex client. To keep one, move it elsewhere.",
  },
  {
    heading: "Where traces are looked for",
    text:
      "In the folder of --root, else that of CODEX_ROLLOUT_TRACE_ROOT, else root of [rollout_trace], else traces in the state folder (XDG_STATE_HOME/culvert). latest is the trace that began last.",
  },
  {
    heading: "Files",
    rows: [
      ["manifest.json", "version, ids, start"],
      ["trace.jsonl", "one event a line; a last line without its end is left out"],
      ["payloads/N.json", "schema 1 and 2: requests, responses, arguments and outputs of tools"],
      ["payloads/000001.zst", "schema 3: the same, in compressed shards"],
    ],
  },
  {
    heading: "What is shown",
    rows: [
      ["attempt", "one request to the model; a retry and a recovery from 401 are attempts of their own"],
      ["reused connection", "the connection was open before the attempt"],
      [
        "first event, first output",
        "from the request to the first event, and to the first text or tool call",
      ],
      ["stalled", "nothing arrived for much longer than usual"],
      ["tokens", "input (from the cache), output (reasoning)"],
      ["exchange", "with --capture DIR: the exchange that carried the attempt"],
    ],
  },
  {
    heading: "What is missing",
    text:
      'The codex client does not record reuse, first event and stalls. Payloads above its limits are cut or omitted. Such a trace is shown with the mark "closed with partial payloads", one whose writer was killed as "unclosed". Files that are missing or damaged are named as problems, and everything else is shown.',
  },
  {
    heading: "Sharing",
    text:
      "--share replaces texts of items, arguments and outputs of tools, directories and the bodies of errors by their lengths, such as [TEXT:42], and masks secrets in the rest. It applies to text, --json, --html and --payload.",
  },
];
