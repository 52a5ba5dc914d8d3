/** Other programs as peers: each is started in a separate folder and ended by its process id. */
import { locate } from "../../support/programs.ts";
import { join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";

/** A peer that listens. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  /** Its folder; removed at the end. */
  readonly directory: string;
  /** Returns its output on stdout and stderr so far. */
  readonly output: () => string;
}

/** The program to start. */
export interface PeerCommand {
  /** Name or path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The file in its folder that receives its error messages, if it does not write them to stderr. */
  readonly logFile?: string;
}

/** Longest wait until a peer listens, ms. Programs in Python take seconds on a busy machine. */
const START_LIMIT_MS = 60_000;
/** Longest wait until a peer ends after SIGTERM, ms. */
const STOP_LIMIT_MS = 5_000;
const LOOK_AGAIN_MS = 40;

/** Returns a port that is free now. The peer binds it later, because none of the peers can choose a port. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Creates a folder that a peer can read and write after it has dropped the rights of root. */
export async function peerDirectory(name: string): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: `culvert-${name}-` });
  await Deno.chmod(directory, 0o755);
  return directory;
}

/** Writes a file into the folder of a peer that every user can read. */
export async function peerFile(directory: string, name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await Deno.writeTextFile(path, text, { mode: 0o644 });
  return path;
}

/** Starts a peer and waits until it accepts connections. @throws Error with its output if it ends before that */
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

/** Runs a program and waits for its end. @throws Error with its output if it fails */
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
