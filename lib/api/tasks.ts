/**
 * The cloud tasks of an account: `GET tasks/list` of the ChatGPT backend.
 *
 * @module
 */
import { z } from "zod";
import { maybe } from "./schema.ts";
import type { JsonObject } from "../responses/events/events.ts";
import { backendPath } from "./backend.ts";
import { call } from "./call.ts";
import type { ApiConnection } from "./send_request.ts";

/** One task. */
export interface CloudTask {
  /** Id of the task. */
  readonly id: string;
  /** Title of the task. */
  readonly title: string;
  /** Wall clock, seconds since 1970. */
  readonly updatedAt?: number;
  /** Whether it is archived. */
  readonly archived: boolean;
  /** Whether a turn of it has not been read. */
  readonly hasUnreadTurn: boolean;
  /** The entry as it was received. */
  readonly raw: JsonObject;
}

/** A page of tasks. */
export interface TaskPage {
  /** In the order of the server. */
  readonly tasks: readonly CloudTask[];
  /** The cursor of the next page. Absent on the last one. */
  readonly cursor?: string;
}

/** Options of {@link listTasks}. */
export interface ListTasksOptions {
  /** Maximum number of tasks of a page. Default: that of the server. */
  readonly limit?: number;
  /** The cursor of the page. Default: the first page. */
  readonly cursor?: string;
  /** Aborts the call. */
  readonly signal?: AbortSignal;
}

const pageSchema = z.object({
  items: z.array(z.looseObject({
    id: z.string(),
    title: z.string(),
    created_at: maybe(z.number()),
    updated_at: maybe(z.number()),
    archived: z.boolean().default(false),
    has_unread_turn: z.boolean().default(false),
  })),
  cursor: maybe(z.string()),
});

/**
 * Fetches a page of tasks.
 *
 * @throws CulvertError `auth_missing` without a ChatGPT login; otherwise as {@link call}
 */
export async function listTasks(
  connection: ApiConnection,
  { cursor, limit, signal }: ListTasksOptions = {},
): Promise<TaskPage> {
  const { value } = await call(connection, {
    endpoint: "/tasks/list",
    path: backendPath(connection.settings, "tasks/list"),
    backend: true,
    idempotent: true,
    query: {
      ...(limit === undefined ? {} : { limit: String(limit) }),
      ...(cursor === undefined ? {} : { cursor }),
    },
    schema: pageSchema,
    ...(signal === undefined ? {} : { signal }),
  });
  const tasks = value.items.map((raw): CloudTask => {
    const { archived, created_at, has_unread_turn, id, title, updated_at } = raw;
    const at = updated_at ?? created_at;
    return {
      id,
      title,
      archived,
      hasUnreadTurn: has_unread_turn,
      raw,
      ...(at === undefined ? {} : { updatedAt: at }),
    };
  });
  return { tasks, ...(value.cursor === undefined ? {} : { cursor: value.cursor }) };
}
