/** A connection inside of the simulated company network: through its proxy, its interception and its private CA. */
import type { ApiConnection } from "../../lib/api/send_request.ts";
import { processWorld } from "../../lib/cli/app/process.ts";
import { loadSettings } from "../../lib/config/load_settings.ts";
import { connect, type Connection } from "../../lib/connect/connect.ts";
import type { Network, NetworkOptions } from "../../lib/mock/network.ts";
import { startNetwork } from "../../lib/mock/network.ts";
import { writeLogin } from "../../lib/mock/oauth/login_file.ts";
import { type Observation, observerOf } from "../../lib/net/observer.ts";
import type { World } from "../../lib/world/world.ts";

/** A connection with a ChatGPT login, and its records. */
export interface Insider extends AsyncDisposable {
  readonly network: Network;
  readonly connection: Connection & ApiConnection;
  readonly observed: Observation[];
  /** Requested pauses, ms. Those below 10 s take no time. */
  readonly slept: number[];
}

/** Starts the network and connects. */
export async function insider(options: NetworkOptions = {}): Promise<Insider> {
  const network = await startNetwork(options);
  const home = network.env["CODEX_HOME"] ?? "";
  await writeLogin(home, network.api.oauth);
  const variables: Readonly<Record<string, string>> = {
    ...network.env,
    CULVERT_API_KEY: "",
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: new URL("/oauth/token", network.baseUrl).href,
  };
  const real = processWorld();
  const slept: number[] = [];
  const world: World = {
    ...real,
    env: (name) => variables[name],
    sleep: (ms, signal) => {
      slept.push(ms);
      return real.sleep(ms < 10_000 ? 0 : ms, signal);
    },
  };
  const observed: Observation[] = [];
  const settings = await loadSettings({}, world);
  const connection = await connect(settings, world, { observer: observerOf((one) => observed.push(one)) });
  return {
    network,
    connection,
    observed,
    slept,
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]();
      await network.close();
    },
  };
}
