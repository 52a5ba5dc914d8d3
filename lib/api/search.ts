/**
 * Web search: `POST alpha/search`.
 *
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "../responses/events/events.ts";
import type { ResponseItem } from "../responses/events/items.ts";
import { call } from "./call.ts";
import { described } from "./schema.ts";
import type { ApiConnection } from "./send_request.ts";

/** A search query. */
export interface SearchQuery {
  /** The text of the query. */
  readonly q: string;
  /** Maximum age of results, days. */
  readonly recency?: number;
  /** Domains of results. Default: any. */
  readonly domains?: readonly string[];
}

/**
 * The operations: queries, pages to open, and others that the API defines (`click`, `find`, `screenshot`,
 * `finance`, `weather`, `sports`, `time`), which are sent unchanged.
 */
export interface SearchCommands extends JsonObject {
  /** Queries for pages. */
  readonly search_query?: readonly SearchQuery[];
  /** Queries for images. */
  readonly image_query?: readonly SearchQuery[];
  /** Results to open, by their reference. */
  readonly open?: readonly {
    /** Reference of the result. */
    readonly ref_id: string;
    /** Line to begin with. */
    readonly lineno?: number;
  }[];
  /** Length of the output. */
  readonly response_length?: "short" | "medium" | "long";
}

/** Settings of a search. */
export interface SearchSettings extends JsonObject {
  /** Approximate location of the user. */
  readonly user_location?: {
    /** The discriminant of the union. */
    readonly type: "approximate";
    /** Code of the country (ISO 3166-1). */
    readonly country?: string;
    /** Region of the country. */
    readonly region?: string;
    /** City. */
    readonly city?: string;
    /** Name of the time zone (IANA). */
    readonly timezone?: string;
  };
  /** The amount of each page that is read. */
  readonly search_context_size?: "low" | "medium" | "high";
  /** Allowed and excluded domains of results. */
  readonly filters?: {
    /** Results come from these domains only. */
    readonly allowed_domains?: readonly string[];
    /** No result comes from these domains. */
    readonly blocked_domains?: readonly string[];
  };
  /** Image results. */
  readonly image_settings?: {
    /** Maximum number of image results. */
    readonly max_results?: number;
    /** Whether the results have captions. */
    readonly caption?: boolean;
  };
  /** The callers that may use the results. */
  readonly allowed_callers?: readonly ("direct" | "shell" | "code_interpreter")[];
  /** Whether pages are fetched, and how fresh they must be. */
  readonly external_web_access?: boolean | "cached" | "indexed" | "live";
}

/** A search request. */
export interface SearchRequest {
  /** Model that the results are for. */
  readonly model: string;
  /** The session of the search, for which the server keeps pages. Default: a new id. */
  readonly id?: string;
  /** The conversation that the search belongs to. */
  readonly input?: string | readonly ResponseItem[];
  /** The operations. */
  readonly commands?: SearchCommands;
  /** The settings. */
  readonly settings?: SearchSettings;
  /** Reasoning of the model, in the form of the API. */
  readonly reasoning?: JsonObject;
  /** Maximum number of tokens of the output. */
  readonly maxOutputTokens?: number;
  /** `x-codex-turn-metadata`, if the search is part of a turn. */
  readonly turnMetadata?: string;
}

/** The reply to a search. */
export interface SearchReply {
  /** The results as text for a model. */
  readonly output: string;
  /** The results in a form that only the server can read. */
  readonly encryptedOutput?: string;
  /**
   * The results as objects, as they were received. Absent if the server sent none; `[]` if nothing was found.
   */
  readonly results?: readonly unknown[];
}

const replySchema = z.object({
  output: z.string(),
  encrypted_output: described(z.string()),
  results: described(z.array(z.unknown())),
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
