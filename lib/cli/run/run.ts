/**
 * Implementation of `culvert run`.
 *
 * @module
 */
import {
  bundleVariables,
  proxyVariables,
  sameProxyVariables,
  withoutProxyVariables,
  writeChildBundle,
} from "../../capture/child/child_env.ts";
import { runChild } from "../../capture/child/run_child.ts";
import type { Settings } from "../../config/settings.ts";
import type { World } from "../../world/world.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { RunFlags } from "./command.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: RunFlags, ...command: string[]): Promise<void> {
  const { host } = context;
  const { world } = host;
  const reporter = createReporter(host, flags);
  // Opens no connection, but reports warnings about the roots and the proxies.
  await using connection = await connectCommand(host, flags, reporter);
  await using bundle = await writeChildBundle(connection.trust, world);
  context.status = await runChild({
    command,
    env: { ...bundleVariables(bundle.path), ...proxiesOf(connection.settings, world) },
    isTerminal: host.stdin.isTerminal,
    onSignal: host.onSignal,
  });
}

function proxiesOf({ proxy = "" }: Settings, world: World): Record<string, string> {
  if (proxy.trim() === "") return sameProxyVariables(world);
  return proxy.trim().toLowerCase() === "none" ? withoutProxyVariables() : proxyVariables(proxy.trim());
}
