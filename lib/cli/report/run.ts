/**
 * Runs `culvert report`.
 *
 * @module
 */
import { failedRunsFile } from "../../observe/evidence/failed_runs.ts";
import { AuthEvidence } from "../../observe/evidence/feedback_tags.ts";
import { openStore } from "../../auth/store/open_store.ts";
import { authStatus } from "../../auth/policy/status.ts";
import { redactDetails } from "../../redaction/details.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import type { Observation } from "../../net/observer.ts";
import type { Warning } from "../../warning.ts";
import type { ReportFlags } from "./command.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { openOutput } from "../output/output_file.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { buildReport } from "./build_report.ts";
import { probe, type ProbeResult } from "./probe.ts";
import { renderReport } from "./render_report.ts";
import { secretsOf } from "./secrets.ts";

/** Builds and prints the report. The exit code is 0 even if the report is about a failure. */
export async function run(context: CliContext, flags: ReportFlags): Promise<void> {
  const { host } = context;
  // A wrong path is reported before the requests are sent.
  const file = flags.output === undefined || flags.output === "-"
    ? undefined
    : await openOutput(host, flags.output, { secret: true });
  const warnings: Warning[] = [];
  const reporter = collecting(createReporter(host, flags), warnings);
  using stop = listenForStop(host);
  const seen: Observation[] = [];
  const listeners: ((observation: Observation) => void)[] = [(observation) => seen.push(observation)];
  await using connection = await connectCommand(
    host,
    flags,
    reporter,
    // Failures of the report itself are not recorded as earlier failures.
    {
      observe: (observation) => listeners.forEach((listener) => listener(observation)),
      keepsEvidence: false,
    },
  );
  const { settings, world, authenticator } = connection;
  const evidence = new AuthEvidence({
    env: world.env,
    provider: settings.provider,
    now: world.now,
    facts: authenticator.facts,
  });
  listeners.push(evidence.observer.observe);
  const { codexHome, loginStorage } = settings;
  const store = await openStore({ codexHome, loginStorage, world, warn: reporter.warn });
  const secrets = await secretsOf(settings, world, store, stop.signal);
  const status = await authStatus({
    provider: settings.provider,
    loginPolicy: settings.loginPolicy,
    world,
    store: () => Promise.resolve(store),
    signal: stop.signal,
    ...(settings.apiKeyFile === undefined ? {} : { apiKeyFile: settings.apiKeyFile }),
  });
  const attempts: readonly ProbeResult[] = flags.offline === true ? [] : await probe(connection, stop.signal);
  const renewed = await secretsOf(settings, world, store, stop.signal);
  const failedRuns = await failedRunsFile(world)?.read() ?? [];
  const home = world.home() ?? "";
  const redact = createRedactor([...secrets, ...renewed]);
  const report = redactDetails(
    buildReport({ connection, status, attempts, seen, warnings, failedRuns, tags: evidence.tags() }),
    (text) => redact(home.length > 1 ? text.replaceAll(home, "~") : text),
  );
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (file !== undefined) {
    await file.write(json);
    reporter.progress(`the report is in ${flags.output}; it ${CONTENT}`);
    return;
  }
  const isForPeople = host.stdout.isTerminal && flags.json !== true;
  await host.stdout.write(isForPeople ? renderReport(report) : json);
}

/** Returns a reporter that also collects the warnings for the report. */
function collecting(reporter: Reporter, into: Warning[]): Reporter {
  return {
    ...reporter,
    warn: (warning) => {
      into.push(warning);
      reporter.warn(warning);
    },
  };
}

/** The advice for the user before sending a report. */
const CONTENT =
  "contains no credentials; it names hosts, proxies, paths and certificates: read it before sending";
