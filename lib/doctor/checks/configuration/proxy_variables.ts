/**
 * Checks the environment variables that name proxies.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { parseProxyAddress } from "../../../net/route/proxy_address.ts";
import { createRouteTable } from "../../../net/route/route_table.ts";
import type { Environment, World } from "../../../world/world.ts";
import { type Check, type Finding, ok, warn } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { fileOfVariable } from "../../probe/variable_source.ts";

const ADDRESSES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/** The check. */
export const proxyVariablesCheck: Check<DoctorContext> = {
  id: "proxy_vars",
  category: "environment",
  question: "Do the proxy variables agree, and can each of them be used?",
  network: false,
  run: ({ world, flags }) => examineProxyVariables(world, flags.proxy ?? ""),
};

/**
 * Examines the variables. Another check shows which of them applies to the server.
 *
 * @param flag value of `--proxy`; where it is not empty, the variables are ignored
 */
async function examineProxyVariables(
  world: Pick<World, "env" | "environment">,
  flag: string,
): Promise<Finding> {
  const { env, environment } = world;
  const set = [...ADDRESSES, "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()])
    .filter((name) => (env(name) ?? "") !== "");
  const details = { set };
  if (flag !== "") {
    const unused = set.length === 0 ? "" : `; ${set.join(", ")} ${set.length === 1 ? "is" : "are"} ignored`;
    return ok(`--proxy is used${unused}`, details);
  }
  if (set.length === 0) return ok("No proxy variable is set", details);
  const { warnings } = await createRouteTable({ env });
  const quoted = set.filter((name) => environment?.quoted.has(name) === true)
    .map((name) => `The value of ${name} has quotes around it, which are ignored`);
  const problems = [...warnings.map(({ message }) => message), ...quoted, ...unusable(env)];
  if (problems.length === 0) {
    const named = set.map((name) => {
      const path = fileOfVariable(world, name);
      return path === undefined ? name : `${name} (of ${path})`;
    });
    return ok(`${named.join(", ")} ${set.length === 1 ? "is" : "are"} set`, details);
  }
  return warn(problems.join(". "), {
    details: { ...details, problems: problems.length },
    remediation: remedy(set, warnings.map(({ code }) => code)),
  });
}

/** Returns a sentence for each address that cannot be used, whether or not it applies. */
function unusable(env: Environment): readonly string[] {
  return ADDRESSES.flatMap((name) => [name, name.toLowerCase()]).flatMap((name) => {
    const value = env(name) ?? "";
    if (value.trim() === "") return [];
    if (/^\s*["'].*["']\s*$/s.test(value)) {
      return [`The value of ${name} has quotes around it, which are part of the value`];
    }
    try {
      parseProxyAddress(value, name);
      return [];
    } catch (error) {
      if (error instanceof CulvertError) return [error.message];
      throw error;
    }
  });
}

function remedy(set: readonly string[], codes: readonly string[]): string {
  if (codes.includes("proxy_variables_disagree")) {
    const lower = set.filter((name) => name === name.toLowerCase());
    return `Some programs read only the upper-case or only the lower-case name: set both to the same value, or unset ${
      lower.join(" and ")
    }.`;
  }
  return `Correct the value or unset the variable (one of ${set.join(", ")}).`;
}
