/**
 * Implements `culvert models`.
 *
 * @module
 */
import {
  type CataloguedModels,
  ModelCatalogue,
  type ModelRefresh,
} from "../../api/catalogue/model_catalogue.ts";
import type { Model } from "../../api/models.ts";
import { CulvertError } from "../../errors.ts";
import { withApi } from "../command/api_command.ts";
import type { CliContext } from "../command/context.ts";
import { renderTable } from "../output/table.ts";
import type { ModelsFlags } from "./command.ts";

/** Prints the list as a table, or as one JSON object. */
export async function run(context: CliContext, flags: ModelsFlags): Promise<void> {
  const refresh = refreshOf(flags);
  const { list, current } = await withApi(
    context,
    flags,
    "the model list",
    async ({ connection, signal }) => ({
      list: await new ModelCatalogue(connection).list({ refresh, signal }),
      current: connection.settings.model,
    }),
  );
  const { stdout } = context.host;
  const models = flags.all === true
    ? list.models
    : list.models.filter(({ visibility }) => visibility !== "hide");
  await stdout.write(
    flags.json === true
      ? `${JSON.stringify(jsonOf(list, models))}\n`
      : renderTable(rowsOf(models, current), stdout.columns()),
  );
}

function refreshOf({ offline, refresh }: ModelsFlags): ModelRefresh {
  if (offline !== true) return refresh === true ? "always" : "if_stale";
  if (refresh !== true) return "never";
  throw new CulvertError("usage", "Both --offline and --refresh were given", {
    hint: "Remove one of them.",
  });
}

function rowsOf(models: readonly Model[], current: string): readonly (readonly string[])[] {
  const rows = models.map(({ contextWindow, displayName, raw, slug }) => [
    slug === current ? `${slug} *` : slug,
    contextWindow === undefined ? "" : contextWindow.toLocaleString("en-US"),
    effortsOf(raw).join(" "),
    displayName === undefined || displayName === slug ? "" : displayName,
  ]);
  // A list of the platform contains only names.
  const used = [0, 1, 2, 3].filter((at) => at === 0 || rows.some((row) => row[at] !== ""));
  return [["MODEL", "CONTEXT", "REASONING", "NAME"], ...rows].map((row) => used.map((at) => row[at] ?? ""));
}

/** Returns the reasoning efforts that an entry of the ChatGPT backend lists. */
function effortsOf({ supported_reasoning_levels: levels }: Model["raw"]): readonly string[] {
  if (!Array.isArray(levels)) return [];
  return levels.flatMap((level: unknown) =>
    typeof level === "object" && level !== null && "effort" in level && typeof level.effort === "string"
      ? [level.effort]
      : []
  );
}

function jsonOf({ etag, fetchedAt, source }: CataloguedModels, models: readonly Model[]) {
  return {
    type: "culvert.models",
    source,
    fetched_at: new Date(fetchedAt).toISOString(),
    etag: etag ?? null,
    models: models.map(({ raw, slug }) => ({ ...raw, slug })),
  };
}
