/**
 * Checks the environment variables that name CA bundles.
 *
 * @module
 */
import { absolutePath } from "../../../world/absolute_path.ts";
import { pathHint } from "../../../trust/bundle/path_hint.ts";
import { CA_VARIABLES } from "../../../trust/bundle/selection.ts";
import type { World } from "../../../world/world.ts";
import { type Check, type Finding, ok, warn } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { describeAccess } from "../../probe/file_access.ts";

/** Variables that other programs read; the codex client sets most of them for its children (0.171.0). */
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

/** Variables of other programs whose certificates are trusted here as well. */
const IN_FORCE: readonly string[] = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"];
/** Lists folders, which are part of the roots of the system. */
const FOLDERS = "SSL_CERT_DIR";

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
async function examineCaVariables(
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
      ? "has quotes around it, which other programs interpret as part of the path"
      : await problemOf(value, world.cwd());
    if (problem === undefined) continue;
    stale.push(name);
    problems.push(`${name} ${problem}`);
  }
  const folders = foldersIn(world.env(FOLDERS) ?? "");
  for (const folder of folders) {
    const problem = await folderProblem(folder, world.cwd());
    if (problem !== undefined) problems.push(`${FOLDERS} names ${problem}`);
    if (problem !== undefined && !stale.includes(FOLDERS)) stale.push(FOLDERS);
  }
  const foldersAreSet = folders.length > 0 ? [FOLDERS] : [];
  const details = { own, other: [...foreign, ...foldersAreSet], stale };
  const usable = foreign.filter((name) => !stale.includes(name));
  const inForce = [...usable.filter((name) => IN_FORCE.includes(name)), ...foldersAreSet];
  const [first] = usable.filter((name) => !IN_FORCE.includes(name));
  const ownIsMissing = own.length === 0 && flag === "" && inForce.length === 0 && first !== undefined;
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
  const set = [...own, ...foreign, ...foldersAreSet];
  if (set.length === 0) return ok("No variable names a CA bundle", details);
  const shadowed = own.length === 2 || (flag !== "" && own.length > 0);
  const winner = flag === "" ? own[0] : "--ca-cert";
  return ok(
    `${set.join(", ")} ${set.length === 1 ? "names" : "name"} a readable file or folder` +
      (shadowed && winner !== undefined ? `; culvert uses ${winner}` : "") +
      (inForce.length === 0 ? "" : `; culvert trusts the certificates of ${inForce.join(" and ")} as well`),
    details,
  );
}

function assignment(name: string): string {
  return `CODEX_CA_CERTIFICATE="$${name}"`;
}

/** The folders of a list as OpenSSL separates them. */
function foldersIn(value: string): readonly string[] {
  return value.split(Deno.build.os === "windows" ? ";" : ":").filter((folder) => folder !== "");
}

async function folderProblem(folder: string, cwd: string): Promise<string | undefined> {
  const path = absolutePath(folder, cwd);
  try {
    return (await Deno.stat(path)).isDirectory ? undefined : `${path}, which is not a folder`;
  } catch (error) {
    return `${path}, which ${error instanceof Deno.errors.NotFound ? "does not exist" : "cannot be opened"}`;
  }
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
        return `names ${path}, which cannot be read. ${problem.text.replace(/\.$/, "")}`;
      }
    }
    const odd = pathHint(value);
    const why = error instanceof Deno.errors.NotFound ? "does not exist" : "cannot be opened";
    return odd === undefined ? `names ${path}, which ${why}` : `cannot be used. ${odd.replace(/\.$/, "")}`;
  }
}
