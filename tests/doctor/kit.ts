/** Shared by the tests of the doctor: a run with an environment of the test, and its findings by id. */
import { processWorld } from "../../lib/cli/app/process.ts";
import type { SharedFlags } from "../../lib/config/settings.ts";
import { examine } from "../../lib/doctor/examine.ts";
import type { Report, ReportedCheck, ReportMode } from "../../lib/doctor/report/report.ts";
import { checkRoot } from "../../lib/trust/roots/system_roots.ts";
import type { RootsReader } from "../../lib/trust/roots/roots_reader.ts";
import type { World } from "../../lib/world/world.ts";
import { join } from "../support/paths.ts";
import { skippedIf } from "../support/skipped.ts";

/** A key that must never appear in any output. */
export const PLANTED_KEY = "sk-planted-0123456789abcdef";

/** Parameters of one run. */
export interface Case {
  readonly url?: string;
  readonly flags?: SharedFlags;
  readonly env?: Readonly<Record<string, string>>;
  readonly mode?: ReportMode;
  readonly spend?: boolean;
  readonly budgetMs?: number;
  readonly world?: Partial<World>;
}

/** Runs the doctor in this process or as the program. */
export type Diagnose = (given?: Case) => Promise<Report>;

/** One or more runs and their expected findings. */
export interface CheckRow {
  readonly name: string;
  readonly check: (diagnose: Diagnose) => Promise<void>;
  /** Waits for a time limit of seconds, so it runs only in the process. */
  readonly isSlow?: boolean;
  /** Needs an environment of the test, such as its clock. */
  readonly isInProcess?: boolean;
  /** The reason why it cannot run on this system. */
  readonly skipped?: string;
}

/** Registers a row. An abandoned connection ends when the system closes it, which may be after the test. */
export function testRow(row: CheckRow, diagnose: Diagnose): void {
  const loose = row.isSlow === true ? { sanitizeOps: false, sanitizeResources: false } : {};
  Deno.test({ ...skippedIf(row.skipped, row.name), ...loose, fn: () => row.check(diagnose) });
}

/** A temporary folder, removed at the end. */
export interface Folder extends Disposable {
  readonly path: string;
  /** Writes a file and returns its absolute path. */
  readonly write: (name: string, content: string | Uint8Array) => string;
}

/** Creates a temporary folder. */
export function folder(): Folder {
  const path = Deno.makeTempDirSync({ prefix: "culvert-doctor-" });
  return {
    path,
    write: (name, content) => {
      const file = join(path, name);
      Deno.writeFileSync(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
      return file;
    },
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** No roots but those of the bundle: the tests do not depend on what the machine trusts. */
const NO_ROOTS: RootsReader = {
  system: () => Promise.resolve({ pems: [], origin: "none in this test", warnings: [] }),
  mozilla: () => Promise.resolve({ pems: [], origin: "none in this test", warnings: [] }),
  checkRoot,
};

/** Runs the doctor in this process. Without `CODEX_HOME` in `env` it gets an empty one. */
export async function diagnose(given: Case = {}): Promise<Report> {
  using home = folder();
  const env: Readonly<Record<string, string>> = { CODEX_HOME: home.path, ...given.env };
  const world: World = { ...processWorld(), env: (name) => env[name], ...given.world };
  return await examine({
    world,
    roots: NO_ROOTS,
    flags: { ...given.flags, ...(given.url === undefined ? {} : { baseUrl: given.url }) },
    mode: given.mode ?? "full",
    spend: given.spend ?? false,
    ...(given.budgetMs === undefined ? {} : { budgetMs: given.budgetMs }),
  });
}

/** Returns one check of a report. */
export function finding(report: Report, id: string): ReportedCheck {
  const found = report.checks.find((check) => check.id === id);
  if (found === undefined) {
    throw new Error(`No check "${id}" in ${report.checks.map(({ id }) => id).join(", ")}`);
  }
  return found;
}

/** Returns the status of every check by its id. */
export function outline(report: Report): Readonly<Record<string, string>> {
  return Object.fromEntries(report.checks.map(({ id, status }) => [id, status]));
}
