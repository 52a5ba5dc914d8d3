/**
 * Checks the environment variables that name CA bundles.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import { pathHint } from "../../trust/bundle/path_hint.ts";
import { CA_VARIABLES } from "../../trust/bundle/selection.ts";
import type { World } from "../../world/world.ts";
import { type Check, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { describeAccess } from "../probe/file_access.ts";

/** Variables that other programs read; the codex client sets most of them for its children (0.169.0). */
const FOREIGN: readonly string[] = [
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
  "DENO_CERT",
  "GIT_SSL_CAINFO",
  "CARGO_HTTP_CAINFO",
  "PIP_CERT",
  "BUNDLE_SSL_CA_CERT",
  "AWS_CA_BUNDLE",
  "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
  "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
  "NIX_SSL_CERT_FILE",
  "npm_config_cafile",
  "NPM_CONFIG_CAFILE",
];

/** The check. */
export const caVariablesCheck: Check<DoctorContext> = {
  id: "ca_vars",
  category: "environment",
  question: "Do the variables that name CA bundles name readable files?",
  network: false,
  run: ({ world, flags }) => examineCaVariables(world, flags.caCert ?? ""),
};

/**
 * Examines the variables.
 *
 * @param world environment and working directory
 * @param flag value of `--ca-cert`
 */
export async function examineCaVariables(
  world: Pick<World, "cwd" | "env" | "environment">,
  flag: string,
): Promise<Finding> {
  const own = CA_VARIABLES.filter((name) => (world.env(name) ?? "") !== "");
  const foreign = FOREIGN.filter((name) => (world.env(name) ?? "") !== "");
  const problems: string[] = [];
  const stale: string[] = [];
  for (const name of [...own, ...foreign]) {
    const value = world.env(name) ?? "";
    // Only culvert removes quotes from values.
    const isQuoted = FOREIGN.includes(name) && world.environment?.quoted.has(name) === true;
    const problem = isQuoted
      ? "has quotes around it, which other programs take as part of the path"
      : await problemOf(value, world.cwd());
    if (problem === undefined) continue;
    stale.push(name);
    problems.push(`${name} ${problem}`);
  }
  const details = { own, other: foreign, stale };
  // The certificates of these two are trusted here as well.
  const inForce: readonly string[] = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"];
  const usable = foreign.filter((name) => !stale.includes(name) && !inForce.includes(name));
  const [first] = usable;
  const ownIsMissing = own.length === 0 && flag === "" && first !== undefined;
  if (ownIsMissing) {
    const verb = usable.length === 1 ? "names a CA bundle" : "name CA bundles";
    problems.push(`${usable.join(", ")} ${verb} for other programs, and no variable names one for culvert`);
  }
  if (problems.length > 0) {
    const remedies = [
      ...(stale.length > 0 ? [`Correct or unset ${stale.join(", ")}.`] : []),
      ...(ownIsMissing
        ? [`If this network intercepts TLS, give culvert the same file: export ${assignment(first)}`]
        : []),
    ];
    return warn(`${problems.join(". ")}`, { details, remediation: remedies.join("\n") });
  }
  const set = [...own, ...foreign];
  if (set.length === 0) return ok("No variable names a CA bundle", details);
  const shadowed = own.length === 2 || (flag !== "" && own.length > 0);
  const winner = flag === "" ? own[0] : "--ca-cert";
  return ok(
    `${set.join(", ")} ${set.length === 1 ? "names" : "name"} a readable file` +
      (shadowed && winner !== undefined ? `; culvert uses ${winner}` : ""),
    details,
  );
}

function assignment(name: string): string {
  return `CODEX_CA_CERTIFICATE="$${name}"`;
}

async function problemOf(value: string, cwd: string): Promise<string | undefined> {
  // DENO_CERT may hold the certificates themselves.
  if (/^base64:/.test(value)) return undefined;
  const path = absolutePath(value, cwd);
  try {
    const found = await Deno.stat(path);
    if (found.isDirectory) return `names ${path}, which is a directory`;
    if (found.isFile) (await Deno.open(path)).close();
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      const problem = await describeAccess(path);
      if (problem !== undefined) {
        return `names ${path}, which may not be read. ${problem.text.replace(/\.$/, "")}`;
      }
    }
    const odd = pathHint(value);
    const why = error instanceof Deno.errors.NotFound ? "does not exist" : "cannot be opened";
    return odd === undefined ? `names ${path}, which ${why}` : `cannot be used. ${odd.replace(/\.$/, "")}`;
  }
}
