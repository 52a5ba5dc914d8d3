/**
 * One examination, from what was typed to a report.
 *
 * @module
 */
import type { Settings, SharedFlags } from "../config/settings.ts";
import { CulvertError } from "../errors.ts";
import type { RootsReader } from "../trust/roots/roots_reader.ts";
import { shownUrl } from "../responses/request/url.ts";
import type { World } from "../world/world.ts";
import { CHECKS } from "./checks/all.ts";
import { DoctorContext } from "./context.ts";
import { secretsOf } from "./examination/credential_facts.ts";
import { secretsAround } from "../redaction/environment_secrets.ts";
import { createRedactor } from "../redaction/redactor.ts";
import { createReport, type Report, type ReportMode } from "./report/report.ts";
import { runChecks } from "./runner.ts";
import { reachVerdict } from "./report/verdict.ts";

/** Time for all checks together, ms: with start and end of the program it stays below 5 s. */
export const BUDGET_MS = 3_500;
/** What to examine. */
export interface ExaminationOptions {
  readonly world: World;
  readonly roots?: RootsReader;
  readonly flags: SharedFlags;
  /** Default: what flags, environment and configuration file come to. */
  readonly settings?: Settings;
  readonly mode: ReportMode;
  /** Whether one short answer may be asked of the model. */
  readonly spend: boolean;
  /** The command line that asks again, for the reader to copy. Secrets in it are masked. */
  readonly again: string;
  /** The command line to try when nothing is wrong. */
  readonly onSuccess: string;
  /** Default: {@link BUDGET_MS}. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs every check that the mode asks for.
 *
 * @throws the signal's reason; whatever else goes wrong is a finding
 */
export async function examine(options: ExaminationOptions): Promise<Report> {
  const { world, mode } = options;
  const startedAt = world.now();
  const begin = world.monotonic();
  const budgetMs = options.budgetMs ?? BUDGET_MS;
  const context = new DoctorContext({ ...options, endsAt: begin + budgetMs });
  try {
    const checks = CHECKS.filter(({ network }) => mode !== "network-only" || network);
    const results = await runChecks(checks, context, {
      world,
      budgetMs,
      ...(mode === "offline" ? { skipNetwork: "Not asked: --offline opens no connection" } : {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const verdict = reachVerdict(results, options);
    return createReport({
      mode,
      target: await targetOf(context),
      startedAt,
      durationMs: world.monotonic() - begin,
      verdict,
      results,
      redact: createRedactor(await secretsIn(context)),
    });
  } finally {
    context.close();
  }
}

async function targetOf(context: DoctorContext): Promise<string | undefined> {
  return await orNothing(context.base().then(shownUrl));
}

/** Every secret that is known by now, whoever may have repeated it. */
async function secretsIn(context: DoctorContext): Promise<readonly string[]> {
  const { world, flags } = context;
  const around = secretsAround(world.env, [flags.proxy ?? "", flags.baseUrl ?? ""]);
  const settings = await orNothing(context.settings());
  const credential = await orNothing(context.credential());
  const { provider } = settings ?? {};
  const keyVariable = provider?.envKey === undefined ? "" : world.env(provider.envKey) ?? "";
  return [
    ...around.forms,
    // A query may hold a key, and the address is repeated in the command to type next.
    ...URL.parse(flags.baseUrl ?? "")?.searchParams.values() ?? [],
    keyVariable,
    provider?.bearerToken ?? "",
    ...Object.values(provider?.headers ?? {}).filter((value) => value.length >= 8),
    ...Object.values(provider?.queryParams ?? {}).filter((value) => value.length >= 16),
    ...(credential === undefined ? [] : secretsOf(credential)),
  ];
}

/** What a check has reported already as its failure is no failure here. */
async function orNothing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
}
