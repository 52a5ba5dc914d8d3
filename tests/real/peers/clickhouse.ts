/** ClickHouse: Debian's clickhouse-server (18.16). */
import { locate } from "../../support/programs.ts";
import { freePort } from "./process.ts";

/** A server that runs. */
export interface ClickHouse extends AsyncDisposable {
  readonly url: string;
  readonly query: (sql: string) => Promise<string>;
  /** Ends the server with SIGKILL. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** Starts a server with the minimal configuration. */
export async function startClickHouse(): Promise<ClickHouse> {
  const program = await locate("clickhouse-server") ?? "clickhouse-server";
  const directory = await Deno.makeTempDir({ prefix: "culvert-clickhouse-" });
  const [http, tcp, replication] = [freePort(), freePort(), freePort()];
  const element = (name: string, value: string | number) => `<${name}>${value}</${name}>`;
  const settings = {
    logger: `<level>warning</level><log>${directory}/log</log><errorlog>${directory}/errors</errorlog>`,
    http_port: http,
    tcp_port: tcp,
    interserver_http_port: replication,
    listen_host: "127.0.0.1",
    path: `${directory}/data/`,
    tmp_path: `${directory}/data/tmp/`,
    users_config: `${directory}/users.xml`,
    default_profile: "default",
    default_database: "default",
    mark_cache_size: 1 << 28,
  };
  const user =
    "<password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>";
  const users =
    `<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default>${user}</default></users></yandex>`;
  await Deno.mkdir(`${directory}/data/tmp`, { recursive: true });
  await Deno.writeTextFile(
    `${directory}/config.xml`,
    element("yandex", Object.entries(settings).map(([name, value]) => element(name, value)).join("")),
  );
  await Deno.writeTextFile(`${directory}/users.xml`, users);
  const url = `http://127.0.0.1:${http}/`;
  const query = async (sql: string) => {
    const response = await fetch(`${url}?query=${encodeURIComponent(sql)}`, { method: "POST" });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text.trim();
  };
  let child: Deno.ChildProcess | undefined;
  const kill = async () => {
    child?.kill("SIGKILL");
    await child?.status;
    child = undefined;
  };
  const start = async () => {
    child = new Deno.Command(program, {
      args: [`--config-file=${directory}/config.xml`],
      stdout: "null",
      stderr: "null",
      stdin: "null",
    }).spawn();
    for (let attempt = 0; attempt < 150; attempt++) {
      if (await query("SELECT 1").then(() => true, () => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error("clickhouse-server did not answer within 30 s");
  };
  await start();
  return {
    url,
    query,
    kill,
    start,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
