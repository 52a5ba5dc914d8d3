/** Foreign programs as peers: started in a folder of their own, waited for, ended by their id. */
import { locate } from "../../support/programs.ts";
import { join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";

/** A peer that listens. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  /** Its folder; removed at the end. */
  readonly directory: string;
  /** What it wrote to stdout and stderr so far. */
  readonly output: () => string;
}

/** What to start. */
export interface PeerCommand {
  /** Name or path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A file in its folder that it writes its complaints to, when it does not write them to stderr. */
  readonly logFile?: string;
}

/** Longest wait for a peer to listen, ms. Interpreted ones take seconds on a busy machine. */
const START_LIMIT_MS = 60_000;
/** Longest wait for a peer to end after SIGTERM, ms. */
const STOP_LIMIT_MS = 5_000;
const LOOK_AGAIN_MS = 40;

/** A port that is free now. The peer binds it a moment later, for none of them can be told to choose one. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** A folder that a peer which gives up root may still read and write. */
export async function peerDirectory(name: string): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: `culvert-${name}-` });
  await Deno.chmod(directory, 0o755);
  return directory;
}

/** Writes a file into the folder of a peer, readable for it whoever it becomes. */
export async function peerFile(directory: string, name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await Deno.writeTextFile(path, text, { mode: 0o644 });
  return path;
}

/** Starts a peer and waits until it accepts connections. @throws with its output when it ends before that */
export async function startPeer(command: PeerCommand): Promise<Peer> {
  const path = await locate(command.program);
  if (path === undefined) throw new Error(`${command.program} is not installed`);
  const child = new Deno.Command(path, {
    args: [...command.args],
    cwd: command.directory,
    clearEnv: true,
    env: scrubbedEnv({ HOME: command.directory, ...command.env }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log: string[] = [];
  const reading = Promise.all([collect(child.stdout, log), collect(child.stderr, log)]);
  const output = () => log.join("");
  let ended = false;
  const end = child.status.then(() => {
    ended = true;
  });
  const stop = async () => {
    if (!ended) child.kill("SIGTERM");
    const hard = setTimeout(() => {
      if (!ended) child.kill("SIGKILL");
    }, STOP_LIMIT_MS);
    await end;
    clearTimeout(hard);
    await reading;
    await Deno.remove(command.directory, { recursive: true });
  };
  const limit = performance.now() + START_LIMIT_MS;
  while (!await accepts(command.port)) {
    if (ended || performance.now() > limit) {
      const complaints = command.logFile === undefined
        ? ""
        : await logText(command.directory, command.logFile);
      await stop();
      throw new Error(`${command.program} does not listen on ${command.port}:\n${output()}${complaints}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return { port: command.port, directory: command.directory, output, [Symbol.asyncDispose]: stop };
}

/** Runs a program to its end. @throws with its output when it fails */
export async function runToEnd(program: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], stdin: "null" })
    .output();
  if (code === 0) return;
  const decoder = new TextDecoder();
  throw new Error(
    `${program} ${args.join(" ")}: ${code}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}

async function logText(directory: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(join(directory, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>, log: string[]): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) log.push(text);
}
