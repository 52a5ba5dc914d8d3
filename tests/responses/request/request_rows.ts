/**
 * Fields of a request's body: the request of the library, the flags of the program, and the value that is
 * sent.
 */
import type { TurnRequest } from "../../../lib/responses/request/request.ts";

/** The flags of the program for it, if there are any. */
export interface Words {
  readonly args?: readonly string[];
  /** Lines of `config.toml`. */
  readonly config?: string;
  /** A flag with a file, and the content of the file. */
  readonly file?: readonly [flag: string, content: unknown];
}

/** One field. */
export interface RequestRow {
  readonly name: string;
  readonly request: Partial<TurnRequest>;
  readonly words?: Words;
  readonly field: string;
  readonly value: unknown;
}

const SCHEMA = { type: "object" };
const FORMAT = { type: "json_schema", strict: true, schema: SCHEMA, name: "codex_output_schema" };
const TOOLS = [{ type: "web_search" }];

/** The fields. */
export const REQUEST_ROWS: readonly RequestRow[] = [
  {
    name: "empty instructions are omitted",
    request: { instructions: "" },
    words: { args: ["--instructions", ""] },
    field: "instructions",
    value: undefined,
  },
  {
    name: "instructions are sent",
    request: { instructions: "Be brief." },
    words: { args: ["--instructions", "Be brief."] },
    field: "instructions",
    value: "Be brief.",
  },
  {
    name: "an effort is sent",
    request: { reasoningEffort: "low" },
    words: { args: ["--reasoning", "low"] },
    field: "reasoning",
    value: { effort: "low" },
  },
  {
    name: "the effort ultra is sent as max",
    request: { reasoningEffort: "ultra" },
    words: { config: 'model_reasoning_effort = "ultra"' },
    field: "reasoning",
    value: { effort: "max" },
  },
  {
    name: "a summary is sent",
    request: { reasoningSummary: "auto" },
    words: { config: 'model_reasoning_summary = "auto"' },
    field: "reasoning",
    value: { summary: "auto" },
  },
  {
    name: "the summary none is omitted",
    request: { reasoningSummary: "none" },
    words: { config: 'model_reasoning_summary = "none"' },
    field: "reasoning",
    value: {},
  },
  {
    name: "the tier fast is sent as priority",
    request: { serviceTier: "fast" },
    words: { config: 'service_tier = "fast"' },
    field: "service_tier",
    value: "priority",
  },
  {
    name: "the tier flex is sent unchanged",
    request: { serviceTier: "flex" },
    words: { config: 'service_tier = "flex"' },
    field: "service_tier",
    value: "flex",
  },
  {
    name: "the tier default is omitted",
    request: { serviceTier: "default" },
    words: { config: 'service_tier = "default"' },
    field: "service_tier",
    value: undefined,
  },
  {
    name: "a cache key of the caller takes precedence",
    request: { promptCacheKey: "k" },
    field: "prompt_cache_key",
    value: "k",
  },
  {
    name: "a verbosity is sent",
    request: { verbosity: "low" },
    words: { config: 'model_verbosity = "low"' },
    field: "text",
    value: { verbosity: "low" },
  },
  {
    name: "a schema is sent",
    request: { outputSchema: SCHEMA },
    words: { file: ["--output-schema", SCHEMA] },
    field: "text",
    value: { format: FORMAT },
  },
  {
    name: "a verbosity and a schema are sent together",
    request: { verbosity: "high", outputSchema: SCHEMA },
    words: { config: 'model_verbosity = "high"', file: ["--output-schema", SCHEMA] },
    field: "text",
    value: { verbosity: "high", format: FORMAT },
  },
  {
    name: "the id of a previous response is sent",
    request: { previousResponseId: "resp_0" },
    words: { args: ["--previous", "resp_0"] },
    field: "previous_response_id",
    value: "resp_0",
  },
  {
    name: "tools are sent unchanged",
    request: { tools: TOOLS },
    words: { file: ["--tools", TOOLS] },
    field: "tools",
    value: TOOLS,
  },
  {
    name: "the caller's metadata cannot replace the program's",
    request: { clientMetadata: { a: "b", session_id: "x" } },
    field: "client_metadata",
    value: { a: "b", session_id: "s-1" },
  },
];
