/**
 * One run of the doctor: settings, checks and report.
 *
 * @module
 */
import type { Settings, SharedFlags } from "../config/settings.ts";
import { secretsAround } from "../redaction/environment_secrets.ts";
import { createRedactor } from "../redaction/redactor.ts";
import { shownUrl } from "../responses/request/url.ts";
import type { RootsReader } from "../trust/roots/roots_reader.ts";
import type { World } from "../world/world.ts";
import type { CheckResult } from "./check.ts";
import { CHECKS } from "./checks/all.ts";
import type { Commands } from "./commands.ts";
import { DoctorContext } from "./context.ts";
import { orUndefined } from "./lazy.ts";
import { secretsOf } from "./probe/credential_facts.ts";
import { outcomeOf } from "./report/outcome.ts";
import { createReport, type Report, type ReportMode } from "./report/report.ts";
import { runChecks } from "./runner.ts";

/**
 * Time limit for all checks together, ms. Together with the start and the end of the program it is below 5 s.
 */
const BUDGET_MS = 3_500;

/** Options of {@link examine}. */
export interface ExaminationOptions {
  readonly world: World;
  /** Reads the roots of the system and of the runtime. Default: those of this machine. */
  readonly roots?: RootsReader;
  /** The flags as given; `baseUrl` is the URL to examine. */
  readonly flags: SharedFlags;
  /** Headers of requests to the provider, from `-H`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the settings of a turn with these flags. */
  readonly settings?: Settings;
  readonly mode: ReportMode;
  /** Whether one short answer of the model may be requested. */
  readonly spend: boolean;
  /** Default: {@link BUDGET_MS}. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs every check of a mode.
 *
 * @throws the signal's reason; every other failure is a finding
 */
export async function examine(options: ExaminationOptions): Promise<Report> {
  const { world, mode } = options;
  const startedAt = world.now();
  const begin = world.monotonic();
  const budgetMs = options.budgetMs ?? BUDGET_MS;
  const context = new DoctorContext({ ...options, endsAt: begin + budgetMs });
  try {
    if (mode !== "offline") context.startCredentialCommand();
    const checks = CHECKS.filter(({ network }) => mode !== "network-only" || network);
    const results = await runChecks(checks, context, {
      world,
      budgetMs,
      ...(mode === "offline" ? { skipNetwork: "Skipped: --offline opens no connection" } : {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const commands = await context.commands();
    return createReport({
      mode,
      target: await targetOf(context),
      startedAt,
      durationMs: world.monotonic() - begin,
      outcome: outcomeOf(results, commands),
      results: results.map((result) => withFlags(result, commands)),
      redact: createRedactor(await secretsIn(context)),
    });
  } finally {
    context.close();
  }
}

function withFlags(result: CheckResult, commands: Commands): CheckResult {
  const { remediation } = result.finding;
  if (remediation === undefined) return result;
  return { ...result, finding: { ...result.finding, remediation: commands.withFlags(remediation) } };
}

async function targetOf(context: DoctorContext): Promise<string | undefined> {
  return await orUndefined(context.base().then(shownUrl));
}

/** Returns every secret in use, for the redactor: a server may repeat any of them. */
async function secretsIn(context: DoctorContext): Promise<readonly string[]> {
  const { world, flags } = context;
  const around = secretsAround(world.env, [flags.proxy ?? "", flags.baseUrl ?? ""]);
  const settings = await orUndefined(context.settings());
  const credential = await orUndefined(context.credential());
  const { provider } = settings ?? {};
  const keyVariable = provider?.envKey === undefined ? "" : world.env(provider.envKey) ?? "";
  return [
    ...around.forms,
    // A query may contain a key, and the URL is repeated in the suggested command.
    ...URL.parse(flags.baseUrl ?? "")?.searchParams.values() ?? [],
    keyVariable,
    provider?.bearerToken ?? "",
    ...Object.values(provider?.headers ?? {}).filter((value) => value.length >= 8),
    ...Object.values(provider?.queryParams ?? {}).filter((value) => value.length >= 16),
    ...(credential === undefined ? [] : secretsOf(credential)),
  ];
}
