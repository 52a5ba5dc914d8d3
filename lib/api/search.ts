/**
 * Web search: `POST alpha/search`.
 *
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "../responses/events/events.ts";
import type { ResponseItem } from "../responses/events/items.ts";
import { call } from "./call.ts";
import { maybe } from "./schema.ts";
import type { ApiConnection } from "./send_request.ts";

/** A search query. */
export interface SearchQuery {
  readonly q: string;
  /** Age of results at most, days. */
  readonly recency?: number;
  readonly domains?: readonly string[];
}

/**
 * What is to be done: queries, pages to open, and others that the API defines (`click`, `find`, `screenshot`,
 * `finance`, `weather`, `sports`, `time`), sent as they are given.
 */
export interface SearchCommands extends JsonObject {
  readonly search_query?: readonly SearchQuery[];
  readonly image_query?: readonly SearchQuery[];
  readonly open?: readonly { readonly ref_id: string; readonly lineno?: number }[];
  readonly response_length?: "short" | "medium" | "long";
}

/** Settings of a search. */
export interface SearchSettings extends JsonObject {
  readonly user_location?: {
    readonly type: "approximate";
    readonly country?: string;
    readonly region?: string;
    readonly city?: string;
    readonly timezone?: string;
  };
  readonly search_context_size?: "low" | "medium" | "high";
  readonly filters?: {
    readonly allowed_domains?: readonly string[];
    readonly blocked_domains?: readonly string[];
  };
  readonly image_settings?: { readonly max_results?: number; readonly caption?: boolean };
  readonly allowed_callers?: readonly ("direct" | "shell" | "code_interpreter")[];
  readonly external_web_access?: boolean | "cached" | "indexed" | "live";
}

/** A search request. */
export interface SearchRequest {
  readonly model: string;
  /** The session that searches: the server keeps its pages. Default: a new id. */
  readonly id?: string;
  readonly input?: string | readonly ResponseItem[];
  readonly commands?: SearchCommands;
  readonly settings?: SearchSettings;
  readonly reasoning?: JsonObject;
  readonly maxOutputTokens?: number;
  /** `x-codex-turn-metadata`, where the search is part of a turn. */
  readonly turnMetadata?: string;
}

/** The reply to a search. */
export interface SearchReply {
  /** The results as text for a model. */
  readonly output: string;
  /** The same in a form that only the server can read. */
  readonly encryptedOutput?: string;
  /** The results as objects, as they were received. Absent where the server sent none; `[]` where nothing was found. */
  readonly results?: readonly unknown[];
}

const replySchema = z.object({
  output: z.string(),
  encrypted_output: maybe(z.string()),
  results: maybe(z.array(z.unknown())),
});

/**
 * Searches the web.
 *
 * @throws CulvertError as `call`
 */
export async function searchWeb(
  connection: ApiConnection,
  request: SearchRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<SearchReply> {
  const { commands, input, maxOutputTokens, model, reasoning, settings, turnMetadata } = request;
  const { value } = await call(connection, {
    endpoint: "/alpha/search",
    method: "POST",
    headers: turnMetadata === undefined ? {} : { "x-codex-turn-metadata": turnMetadata },
    body: {
      json: {
        id: request.id ?? crypto.randomUUID(),
        model,
        ...(reasoning === undefined ? {} : { reasoning }),
        ...(input === undefined ? {} : { input }),
        ...(commands === undefined ? {} : { commands }),
        ...(settings === undefined ? {} : { settings }),
        ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
      },
    },
    idempotent: true,
    schema: replySchema,
    ...options,
  });
  const { encrypted_output, output, results } = value;
  return {
    output,
    ...(encrypted_output === undefined ? {} : { encryptedOutput: encrypted_output }),
    ...(results === undefined ? {} : { results }),
  };
}
