/**
 * Names the file of a variable that `$CODEX_HOME/.env` sets.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import type { Route } from "../../net/route/route.ts";
import type { World } from "../../world/world.ts";
import { failure, type Finding } from "../check.ts";
import { accessRemedy } from "./file_access.ts";

/** Returns the path of the `.env` file that sets a variable; `undefined` for a variable of the process. */
export function fileOfVariable(
  { environment }: Pick<World, "environment">,
  name: string,
): string | undefined {
  const file = environment?.file;
  return file?.names.includes(name) === true ? file.path : undefined;
}

/** Returns the failure of a step on a route. A proxy that `.env` names is reported with that file. */
export async function routeFailure(
  error: CulvertError,
  route: Route,
  world: Pick<World, "environment">,
  details: Finding["details"] = {},
): Promise<Finding> {
  const access = await accessRemedy(error);
  const finding = failure(error, { details, ...(access === undefined ? {} : { remediation: access }) });
  if (route.kind === "direct") return finding;
  // The source may already name the file after the variable.
  const variable = route.source.replace(/ .*$/, "");
  const path = fileOfVariable(world, variable);
  if (path === undefined) return finding;
  return {
    ...finding,
    details: { ...finding.details, proxy_source_file: path },
    remediation:
      `${variable} comes from ${path}, which takes precedence over the environment: correct or remove it ` +
      `there.\n${finding.remediation ?? ""}`.trimEnd(),
  };
}
