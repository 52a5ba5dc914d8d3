/**
 * Implements `culvert replay`.
 *
 * @module
 */
import { untilAborted } from "../../async/until_aborted.ts";
import { codexFlagsAt, withCodexConfig } from "../../capture/child/codex_program.ts";
import { runChild } from "../../capture/child/run_child.ts";
import { parseFault } from "../../capture/replay/faults.ts";
import type { ReplayReport } from "../../capture/replay/replay_report.ts";
import { missLine, startReplay } from "../../capture/replay/replay_server.ts";
import { CulvertError } from "../../errors.ts";
import { plural } from "../../text/plural.ts";
import { exportLine, guessShell } from "../ca/shell_exports.ts";
import { openCapture } from "../capture/open_capture.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { listenOn } from "../serve/listen_port.ts";
import { writeServerInfo } from "../serve/server_info.ts";
import type { ReplayFlags } from "./command.ts";

/**
 * Variables with a key that no server knows. Clients refuse to start without one, and a replay accepts every key; the
 * keys of the user are not needed.
 */
const DUMMY_KEYS = { OPENAI_API_KEY: "culvert-replay", CODEX_API_KEY: "culvert-replay" };

/** Runs the command. */
export async function run(
  context: CliContext,
  flags: ReplayFlags,
  path: string,
  ...command: string[]
): Promise<void> {
  const { host } = context;
  const { world } = host;
  const reporter = createReporter(host, flags);
  using capture = await openCapture(path, host, reporter);
  const faults = (flags.fault ?? []).map(parseFault);
  await using forwarding = flags.miss === "forward"
    ? await (await import("./forwarding.ts")).startForwarding(capture, flags, host, reporter)
    : undefined;
  const server = await listenOn(flags.port, () =>
    startReplay({
      capture,
      world,
      mode: flags.match ?? "exact",
      servesNearest: flags.miss === "nearest",
      speed: flags.speed ?? 1,
      faults,
      ...(forwarding === undefined ? {} : { forward: forwarding.forward }),
      onRequest: (line) => reporter.progress(line),
      ...(flags.port === undefined ? {} : { port: flags.port }),
    }));
  try {
    const url = `http://127.0.0.1:${server.port}/v1`;
    await using _info = await writeServerInfo(host, flags.serverInfo, {
      port: server.port,
      pid: Deno.pid,
      base_url: url,
    });
    const { length } = capture.exchanges.filter(({ request }) => request !== undefined);
    reporter.progress(`serving ${plural(length, "exchange")} of ${path} on ${url}`);
    // A request that is forwarded needs the credential of the client.
    const env = { OPENAI_BASE_URL: url, ...(forwarding === undefined ? DUMMY_KEYS : {}) };
    if (command.length > 0) {
      const { isTerminal } = host.stdin;
      const at = codexFlagsAt(command);
      context.status = await runChild({
        // The codex client does not read OPENAI_BASE_URL.
        command: at === undefined ? command : withCodexConfig(command, at, { openai_base_url: url }),
        env,
        isTerminal,
        onSignal: host.onSignal,
      });
    } else {
      if (flags.json !== true) {
        const shell = guessShell(world.env("SHELL"));
        const lines = Object.entries(env).map(([name, value]) => exportLine(shell, name, value));
        await host.stdout.write(`${lines.join("\n")}\n`);
      }
      reporter.progress(`codex takes the address as a flag: codex exec -c 'openai_base_url="${url}"' PROMPT`);
      using stop = listenForStop(host);
      await untilAborted(stop.signal);
    }
  } finally {
    await server.close();
  }
  const report = server.report();
  if (flags.json === true) {
    await host.stdout.write(`${JSON.stringify({ schema_version: 1, capture: capture.damage, ...report })}\n`);
  } else say(report, reporter);
  if (flags.strict === true && report.unmatched.length > 0 && context.status === 0) {
    const { length } = report.unmatched;
    const requests = length === 1 ? "1 request was" : `${length} requests were`;
    throw new CulvertError("check_failed", `${requests} not in ${path}`, {
      hint: report.unmatched.slice(0, 3).map(missLine).join("\n"),
    });
  }
}

function say({ used, unused, unmatched, unapplied_faults }: ReplayReport, reporter: Reporter): void {
  const times = used.reduce((total, each) => total + each.times, 0);
  reporter.progress(
    `${plural(times, "request")} answered from ${plural(used.length, "recorded request")}; ` +
      `${unused.length} unused; ${unmatched.length} not recorded`,
  );
  for (const { name, request } of unused) reporter.note(`unused: ${name} ${request}`);
  for (const miss of unmatched) reporter.progress(missLine(miss));
  for (const fault of unapplied_faults) {
    reporter.progress(
      `--fault ${fault} had no effect: no such model call was made, or its answer has fewer events`,
    );
  }
}
