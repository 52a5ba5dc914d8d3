/** What may stand between the client and the server of the relay's benchmarks. */
import { closedPort } from "../../support/closed_port.ts";
import { startCaptureRelay } from "../../support/capture_relay.ts";
import { locate } from "../../support/programs.ts";
import { startServer } from "../child.ts";

/** A process that listens, or the server itself. */
export interface Hop extends AsyncDisposable {
  readonly name: "direct" | "culvert" | "nginx" | "mitmdump";
  readonly port: number;
  /** Resident memory of the process now, MB. */
  readonly resident: () => number;
}

/** Starts the server. */
export async function startOrigin(): Promise<Hop> {
  const server = await startServer("relay/origin.ts");
  return {
    name: "direct",
    port: Number(server.line),
    resident: () => NaN,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Starts `culvert capture` with its reverse relay, which records. */
export async function startRelay(
  origin: number,
  directory: string,
  flags: readonly string[] = [],
): Promise<Hop> {
  const relay = await startCaptureRelay(`http://127.0.0.1:${origin}/v1`, directory, { flags });
  return {
    name: "culvert",
    port: relay.port,
    resident: () => residentOf(relay.process.pid),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

/** Starts nginx without buffering; `undefined` if it is not installed. */
export async function startNginx(origin: number, directory: string): Promise<Hop | undefined> {
  const path = await locate("nginx");
  if (path === undefined) return undefined;
  const port = closedPort();
  await Deno.writeTextFile(`${directory}/nginx.conf`, nginxConfig(port, origin, directory));
  return await started("nginx", port, path, ["-p", directory, "-c", `${directory}/nginx.conf`]);
}

function nginxConfig(port: number, origin: number, directory: string): string {
  return `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
events { worker_connections 2048; }
http {
  access_log off;
  keepalive_requests 1000000;
  ${
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
      `${name}_temp_path ${directory}/${name};`
    ).join(" ")
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location / {
      proxy_pass http://127.0.0.1:${origin};
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`;
}

/** Starts mitmdump, which records to a file; `undefined` if it is not installed. */
export async function startMitmdump(origin: number, directory: string): Promise<Hop | undefined> {
  const path = await locate("mitmdump");
  if (path === undefined) return undefined;
  const port = closedPort();
  return await started("mitmdump", port, path, [
    ...["--mode", `reverse:http://127.0.0.1:${origin}`, "--listen-host", "127.0.0.1", "-p", String(port)],
    ...["-q", "-w", `${directory}/mitmdump.flows`, "--set", `confdir=${directory}/mitmproxy`],
  ]);
}

async function started(
  name: Hop["name"],
  port: number,
  command: string,
  args: readonly string[],
): Promise<Hop> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  await listening(port);
  return {
    name,
    port,
    resident: () => residentOf(child.pid),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

/** Waits until something listens, for 20 s at most. */
async function listening(port: number): Promise<void> {
  for (const begin = performance.now(); performance.now() - begin < 20_000;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`Nothing listens on port ${port} after 20 s`);
}

function residentOf(pid: number): number {
  const [, pages = ""] = Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ");
  return Number(pages) * 4096 / 1e6;
}
