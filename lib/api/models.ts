/**
 * The model list: `GET models`.
 *
 * @module
 */
import { z } from "zod";
import { isBackendMode } from "../auth/auth_headers.ts";
import type { Authorization } from "../auth/authenticator.ts";
import { call } from "./call.ts";
import type { ApiConnection, ApiRequest } from "./send_request.ts";

/**
 * The `client_version` that is sent to the ChatGPT backend. It lists the models that this version of the codex client may use, and
 * none without a version (observed with codex 0.171.0).
 */
export const CLIENT_VERSION = "0.171.0";

/** One model. */
export interface Model {
  /** Name to use in requests. */
  readonly slug: string;
  /** Display name, if the list contains one. */
  readonly displayName?: string;
  /** `list` or `hide`, if the list contains it. */
  readonly visibility?: string;
  /** Rank in the list: 0 is the first. Absent in lists of the platform's form. */
  readonly priority?: number;
  /** Context window in tokens, if the list contains it. */
  readonly contextWindow?: number;
  /** The entry as it was received. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A model list. */
export interface ModelList {
  /** Sorted by priority; models without one keep their order and come last. */
  readonly models: readonly Model[];
  /** The `ETag` header, quotes included. */
  readonly etag?: string;
}

const entry = z.union([z.string().transform((slug) => ({ slug })), z.looseObject({})]);
const listSchema = z.union([
  z.object({ models: z.array(entry) }).transform(({ models }) => models),
  z.object({ data: z.array(entry) }).transform(({ data }) => data),
]);

/** The request for the model list, for callers that examine the reply themselves. */
export const MODELS_REQUEST = {
  endpoint: "/models",
  query: ({ mode }: Authorization): Readonly<Record<string, string>> =>
    isBackendMode(mode) ? { client_version: CLIENT_VERSION } : {},
  maxReplyBytes: 4 * 1024 * 1024,
} as const satisfies ApiRequest;

/** Options of {@link listModels}. */
export interface ListModelsOptions {
  readonly signal?: AbortSignal;
  /** Time limit for the call with its retries, ms. Default 30,000. (The codex client allows 5,000.) */
  readonly timeoutMs?: number;
  /** Requests the list only if its `ETag` is a different one. */
  readonly unlessEtag?: string;
}

const TIMEOUT_MS = 30_000;

/**
 * Fetches the model list. Both forms are read: `{"models":[{"slug"}]}` of the ChatGPT backend and
 * `{"data":[{"id"}]}` of the platform.
 *
 * @returns `undefined` if the list has the ETag in the options
 * @throws CulvertError as {@link call}
 */
export async function listModels(
  connection: ApiConnection,
  options: ListModelsOptions & { readonly unlessEtag: string },
): Promise<ModelList | undefined>;
export async function listModels(connection: ApiConnection, options?: ListModelsOptions): Promise<ModelList>;
export async function listModels(
  connection: ApiConnection,
  { signal, timeoutMs = TIMEOUT_MS, unlessEtag }: ListModelsOptions = {},
): Promise<ModelList | undefined> {
  const { headers, value } = await call(connection, {
    ...MODELS_REQUEST,
    ...(signal === undefined ? {} : { signal }),
    ...(unlessEtag === undefined
      ? {}
      : { headers: { "if-none-match": unlessEtag }, notModified: (): Entries => NOT_MODIFIED }),
    totalTimeoutMs: timeoutMs,
    idempotent: true,
    schema: listSchema,
  });
  if (value === NOT_MODIFIED) return undefined;
  const etag = headers.get("etag");
  return { models: modelsOf(value), ...(etag === null ? {} : { etag }) };
}

type Entries = readonly Readonly<Record<string, unknown>>[];

const NOT_MODIFIED: Entries = [];

/**
 * Reads a model list from the JSON value of a reply.
 *
 * @returns `undefined` if the value has neither form
 */
export function modelsIn(value: unknown): readonly Model[] | undefined {
  const parsed = listSchema.safeParse(value);
  return parsed.success ? modelsOf(parsed.data) : undefined;
}

/**
 * Returns the models of a list by priority; entries without a name and entries with a repeated name are
 * skipped.
 */
export function modelsOf(entries: Entries): readonly Model[] {
  const models = new Map<string, Model>();
  for (const raw of entries) {
    const slug = [raw.slug, raw.id].find((name) => typeof name === "string" && name !== "");
    if (typeof slug !== "string" || models.has(slug)) continue;
    const { context_window, display_name, priority, visibility } = raw;
    models.set(slug, {
      slug,
      ...(typeof display_name === "string" ? { displayName: display_name } : {}),
      ...(typeof visibility === "string" ? { visibility } : {}),
      ...(typeof priority === "number" ? { priority } : {}),
      ...(typeof context_window === "number" ? { contextWindow: context_window } : {}),
      raw,
    });
  }
  const rank = ({ priority }: Model) => priority ?? Number.POSITIVE_INFINITY;
  return [...models.values()].sort((one, other) => rank(one) === rank(other) ? 0 : rank(one) - rank(other));
}
