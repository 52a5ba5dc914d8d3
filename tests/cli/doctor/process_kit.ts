/** Runs the doctor as a process: a case becomes arguments and variables, and its report is read from stdout. */
import { unlessLacking } from "../../support/runtime_abilities.ts";
import type { SharedFlags } from "../../../lib/config/settings.ts";
import type { Report } from "../../../lib/doctor/report/report.ts";
import { assertFitsSchema } from "../../doctor/report/report_kit.ts";
import type { Case, CheckRow } from "../../doctor/kit.ts";
import { assertEquals } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

/** The spelling of the flags that cases use. */
const WORDS: Readonly<Partial<Record<keyof SharedFlags, string>>> = {
  model: "--model",
  provider: "--provider",
  transport: "--transport",
  proxy: "--proxy",
  caCert: "--ca-cert",
  apiKeyFile: "--api-key-file",
  profile: "--profile",
};

/** Registers a row as a test of the program. Rows that wait for a time limit have tests of their own. */
export function testAsProcess(row: CheckRow): void {
  if (row.isInProcess === true || row.isSlow === true) return;
  Deno.test({ ...unlessLacking(`doctor --json: ${row.name}`), fn: () => row.check(diagnoseAsProcess) });
}

/** Runs `culvert doctor --json`. Its report must fit the schema and hold the exit status. */
export async function diagnoseAsProcess(given: Case = {}): Promise<Report> {
  const { baseUrl, ...flags } = given.flags ?? {};
  const url = given.url ?? baseUrl;
  const words = Object.entries(flags).flatMap(([name, value]) => [wordFor(name), String(value)]);
  const mode = given.mode === undefined || given.mode === "full" ? [] : [`--${given.mode}`];
  const spend = given.spend === true ? ["--spend"] : [];
  const run = await culvert(
    ["doctor", ...(url === undefined ? [] : [url]), ...words, ...mode, ...spend, "--json"],
    given.env === undefined ? {} : { env: given.env },
  );
  const report: Report = JSON.parse(run.stdout);
  assertFitsSchema(report);
  assertEquals([run.code, run.stderr], [report.exit_code, ""]);
  return report;
}

function wordFor(flag: string): string {
  const found = Object.entries(WORDS).find(([name]) => name === flag)?.[1];
  if (found === undefined) throw new Error(`The flag ${flag} has no spelling here`);
  return found;
}
