/**
 * Runs `culvert demo`: a turn, as in `respond`, through a simulated network.
 *
 * @module
 */
import { loadSettings } from "../../config/load_settings.ts";
import { RuntimeSummary } from "../../observe/summary/runtime_summary.ts";
import { Session } from "../../responses/turn/session.ts";
import type { DemoFlags } from "./command.ts";
import type { CliContext } from "../command/context.ts";
import { startDemo } from "../../mock/demo.ts";
import { connectThrough } from "../command/demo_connection.ts";
import { printTurn } from "../respond/print_turn.ts";
import { userMessage } from "../respond/prepare_request.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import { DEMO_PROMPT, demoScenarios, describeScene, describeTraffic } from "./obstacles.ts";

/** Starts the network, streams an answer through it and reports the traffic. */
export async function run(context: CliContext, flags: DemoFlags): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  await using demo = await startDemo(host.world, { login: "rejected" });
  const { network } = demo;
  const settings = await loadSettings({ provider: "demo" }, demo.world);
  const summary = new RuntimeSummary();
  await using connection = await connectThrough(demo, { settings, reporter, observe: summary.observe });
  network.api.enqueue(...demoScenarios());
  reporter.progress(
    "a simulated network with faults, on loopback; no key is needed, and nothing leaves this machine",
  );
  for (const line of describeScene(network, connection.dialer.trust.bundle)) reporter.progress(line);
  const { provider, transport } = connection.settings;
  const session = new Session({ ...connection, provider, transport });
  try {
    const turn = session.turn(
      { model: settings.model, input: [userMessage(DEMO_PROMPT, [])] },
      { signal: stop.signal, restartAfterText: flags.json === true },
    );
    context.status = await printTurn(turn, {
      host,
      // The faults are simulated, and so is what a warning reports of this user.
      reporter: {
        ...reporter,
        warn: (warning) => reporter.warn({ ...warning, message: `(simulated) ${warning.message}` }),
      },
      json: flags.json === true,
      figures: () => summary.figures(),
    });
  } finally {
    session.close();
  }
  reporter.progress(describeTraffic(network.proxyEvents));
  if (context.status === 0) {
    reporter.progress("done; for a real network: culvert doctor, then culvert respond");
  }
}
