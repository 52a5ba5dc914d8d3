/**
 * Implements `culvert usage`.
 *
 * @module
 */
import { type CloudTask, listTasks, type TaskPage } from "../../api/tasks.ts";
import { getUsage, type PlanUsage } from "../../api/usage.ts";
import type { RateLimitWindow } from "../../responses/events/events.ts";
import { describeWait } from "../../responses/failures/http_failures.ts";
import { plainText } from "../../text/wrap.ts";
import { withApi } from "../command/api_command.ts";
import type { CliContext } from "../command/context.ts";
import { renderTable } from "../output/table.ts";
import type { UsageFlags } from "./command.ts";

const TASK_LIMIT = 20;

/** Prints the usage as tables, or as one JSON object. */
export async function run(context: CliContext, flags: UsageFlags): Promise<void> {
  const { usage, page } = await withApi(
    context,
    flags,
    "the usage of the plan",
    async ({ connection, signal }) => ({
      usage: await getUsage(connection, { signal }),
      page: flags.tasks === true
        ? await listTasks(connection, { limit: flags.limit ?? TASK_LIMIT, signal })
        : undefined,
    }),
  );
  const { stdout, world } = context.host;
  await stdout.write(
    flags.json === true
      ? `${JSON.stringify(jsonOf(usage, page))}\n`
      : render(usage, page, world.now(), stdout.columns()),
  );
}

function render(
  usage: PlanUsage,
  page: TaskPage | undefined,
  now: number,
  columns: number | undefined,
): string {
  const limits = usage.limits.flatMap(({ snapshot: { limit_id, limit_name, primary, secondary } }) => {
    const name = limit_name ?? limit_id ?? "";
    return [primary, secondary].flatMap((window) => window === null ? [] : [limitRow(name, window, now)]);
  });
  const tables = [
    factsOf(usage).map(([name, value]) => `${name}: ${plainText(value)}\n`).join(""),
    ...(limits.length === 0
      ? []
      : [renderTable([["LIMIT", "WINDOW", "USED", "RESETS IN"], ...limits], columns)]),
    ...(page === undefined ? [] : [tasksTable(page, columns)]),
  ];
  return tables.filter((table) => table !== "").join("\n");
}

function limitRow(name: string, { resets_at, used_percent, window_minutes }: RateLimitWindow, now: number) {
  const used = `${Number(used_percent.toFixed(1))} %`;
  return [
    name,
    window_minutes === null ? "" : windowName(window_minutes),
    used,
    resets_at === null ? "" : describeWait(Math.max(0, resets_at * 1_000 - now)),
  ];
}

/** Returns the length of a window in its largest whole unit. */
function windowName(minutes: number): string {
  if (minutes >= 1_440 && minutes % 1_440 === 0) return `${minutes / 1_440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

function factsOf(
  { limits: [main], planType, resetCredits }: PlanUsage,
): readonly (readonly [string, string])[] {
  const credits = main?.snapshot.credits ?? null;
  return [
    ["Plan", planType ?? "unknown"],
    ...(main?.limitReached === true ? [["Limit", "reached"] as const] : []),
    ...(credits === null ? [] : [["Credits", creditsText(credits)] as const]),
    ...(resetCredits === undefined ? [] : [["Resets left", String(resetCredits)] as const]),
  ];
}

function creditsText(
  { balance, has_credits, unlimited }: NonNullable<PlanUsage["limits"][number]["snapshot"]["credits"]>,
): string {
  if (unlimited) return "unlimited";
  return has_credits ? balance ?? "some" : "none";
}

function tasksTable({ cursor, tasks }: TaskPage, columns: number | undefined): string {
  if (tasks.length === 0) return "No tasks\n";
  const rows = tasks.map((task) => [task.id, stateOf(task), dateOf(task), task.title]);
  const more = cursor === undefined ? "" : "There are more tasks: use a larger --limit.\n";
  return renderTable([["TASK", "STATE", "UPDATED", "TITLE"], ...rows], columns) + more;
}

function stateOf({ archived, hasUnreadTurn }: CloudTask): string {
  return archived ? "archived" : hasUnreadTurn ? "unread" : "";
}

function dateOf({ updatedAt }: CloudTask): string {
  const date = updatedAt === undefined ? undefined : new Date(updatedAt * 1_000);
  // A server may send a time outside of the range of dates.
  return date === undefined || Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 10);
}

function jsonOf({ limits, planType, resetCredits }: PlanUsage, page: TaskPage | undefined) {
  return {
    type: "culvert.usage",
    plan_type: planType ?? null,
    rate_limits: limits.map(({ allowed, limitReached, snapshot }) => ({
      ...snapshot,
      allowed: allowed ?? null,
      limit_reached: limitReached ?? null,
    })),
    reset_credits: resetCredits ?? null,
    ...(page === undefined ? {} : { tasks: page.tasks.map(({ raw }) => raw), cursor: page.cursor ?? null }),
  };
}
