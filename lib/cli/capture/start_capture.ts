/**
 * Starts what stands between a program and its servers, for each mode of `culvert capture`.
 *
 * @module
 */
import { join } from "node:path";
import { bundleVariables, proxyVariables, writeChildBundle } from "../../capture/child/child_env.ts";
import { codexFlagsAt, withCodexConfig } from "../../capture/child/codex_program.ts";
import { startForwardCapture } from "../../capture/intercept/forward_capture.ts";
import { createTunnelFile } from "../../capture/intercept/pcapng.ts";
import { BACKEND_MOUNT, MODEL_MOUNT, startReverseRelay } from "../../capture/relay/reverse_relay.ts";
import { DEFAULT_MAX_BYTES } from "../../capture/record/format.ts";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import type { TapFactory } from "../../net/exchange_tap.ts";
import type { ProxyEvent } from "../../net/server/proxy/proxy_events.ts";
import { plural } from "../../text/plural.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { Connection } from "../command/connection.ts";

/** What every mode is started with. */
export interface CaptureParts {
  readonly connection: Connection;
  readonly command: readonly string[];
  /** Of the capture, absolute. */
  readonly directory: string;
  readonly tap: TapFactory;
  readonly observe: (event: ProxyEvent) => void;
  /** Hosts to intercept in forward mode. */
  readonly hosts: readonly string[];
  readonly refusesWebSockets: boolean;
  /** Bytes after which keylog mode writes no more packets. Default 1 GiB. */
  readonly maxBytes?: number;
  readonly warn: (warning: Warning) => void;
}

/** A capture that is ready for its program. */
export interface Captured {
  /** The command line, with the flags of the mode. */
  readonly command: readonly string[];
  /** Variables of the program, on top of those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Paths of the files that the mode made in the directory of the capture. */
  readonly files: readonly string[];
  /** Ends every connection. */
  readonly close: () => Promise<void>;
  /** Values that no message may show. */
  readonly secrets: readonly string[];
  /** What to say at the end. */
  readonly remarks: () => readonly string[];
}

/** Starts an intercepting proxy. */
export async function startForward(parts: CaptureParts): Promise<Captured> {
  const { connection, command, tap, observe, hosts } = parts;
  const proxy = await startForwardCapture({ dialer: connection.dialer, hosts, tap, observe });
  try {
    const own = proxy.authority === undefined ? [] : [proxy.authority];
    const bundle = await writeChildBundle(connection.trust, connection.world, own);
    return {
      command,
      env: { ...bundleVariables(bundle.path), ...proxyVariables(proxy.proxyUrl) },
      files: [],
      close: async () => {
        await proxy.close();
        await bundle[Symbol.asyncDispose]();
      },
      secrets: [proxy.password],
      remarks: () => [],
    };
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

/** Providers of this program alone. With them the codex client uses its default provider, `openai`. */
const UNKNOWN_TO_CODEX: ReadonlySet<string> = new Set(["custom", "demo"]);

/** Starts a relay and points the base URLs of the program at it. */
export async function startReverse(parts: CaptureParts): Promise<Captured> {
  const { connection: { dialer, settings }, command, tap, observe, refusesWebSockets } = parts;
  const relay = await startReverseRelay({
    dialer,
    tap: (ids) => tap(ids),
    refusesWebSockets,
    refused: ({ status, body }) => observe({ kind: "refused_request", status, reason: body.trim() }),
    ...(settings.provider.baseUrl === undefined ? {} : { modelBase: settings.provider.baseUrl }),
    ...(settings.chatgptBaseUrl === undefined ? {} : { backendBase: settings.chatgptBaseUrl }),
  });
  const origin = `http://127.0.0.1:${relay.port}`;
  const model = `${origin}${MODEL_MOUNT}`;
  const at = codexFlagsAt(command);
  const provider = settings.provider.id;
  const key = UNKNOWN_TO_CODEX.has(provider) || provider === "openai"
    ? "openai_base_url"
    : `model_providers.${provider}.base_url`;
  return {
    command: at === undefined
      ? command
      : withCodexConfig(command, at, { [key]: model, chatgpt_base_url: `${origin}${BACKEND_MOUNT}/` }),
    env: at === undefined ? { OPENAI_BASE_URL: model, OPENAI_API_BASE: model } : {},
    files: [],
    close: relay.close,
    secrets: [],
    remarks: () => [],
  };
}

/** Starts a tunnelling proxy that writes the encrypted bytes, beside the keys of the program. */
export async function startKeylog(parts: CaptureParts): Promise<Captured> {
  const { connection: { dialer, trust, world }, command, directory, observe, warn } = parts;
  const { maxBytes = DEFAULT_MAX_BYTES } = parts;
  const keysPath = join(directory, "keys.log");
  const trafficPath = join(directory, "traffic.pcapng");
  const file = await createTunnelFile(trafficPath, {
    now: world.now,
    maxBytes,
    onStop: (error) =>
      warn(
        error === undefined
          ? {
            code: "capture_limit",
            message: `The packets have reached ${maxBytes} bytes (--max-size); later ones are not recorded`,
          }
          : {
            code: "capture_unwritable",
            message: `The recording of packets stopped, the program continues: ${fileProblem(error)}`,
          },
      ),
  }).catch((error: unknown) => {
    throw unwritable(trafficPath, error);
  });
  // Created first, for this user alone: the program would create it with the mode of its own.
  await Deno.writeTextFile(keysPath, "", { mode: 0o600, createNew: true });
  const proxy = await startForwardCapture({ dialer, hosts: [], tunnel: file.tap, observe });
  const bundle = await writeChildBundle(trust, world);
  let keyCount = 0;
  let problem: string | undefined;
  let trafficProblem: string | undefined;
  let hasKeys = false;
  return {
    command,
    env: {
      ...bundleVariables(bundle.path),
      ...proxyVariables(proxy.proxyUrl),
      SSLKEYLOGFILE: keysPath,
      // Node has an option instead; it splits the variable at spaces.
      ...(/[\s"]/.test(keysPath) ? {} : { NODE_OPTIONS: nodeOptions(world, `--tls-keylog=${keysPath}`) }),
    },
    files: [trafficPath, keysPath],
    close: async () => {
      await proxy.close();
      await bundle[Symbol.asyncDispose]();
      const keys = await readKeys(keysPath).catch((error: unknown) => {
        problem = fileProblem(error);
        return new Uint8Array();
      });
      keyCount = new TextDecoder().decode(keys).split("\n").filter((line) => /^[A-Z]/.test(line)).length;
      try {
        hasKeys = await file.close(keys);
      } catch (error) {
        trafficProblem = fileProblem(error);
      }
    },
    secrets: [proxy.password],
    remarks: () => {
      if (trafficProblem !== undefined) {
        return [`the packets cannot be written to ${trafficPath}: ${trafficProblem}`];
      }
      const where = `the traffic is in ${trafficPath}`;
      if (problem !== undefined) {
        return [where, `the TLS keys cannot be read, so the traffic cannot be decrypted: ${problem}`];
      }
      if (keyCount === 0) {
        return [where, "the program wrote no TLS keys (SSLKEYLOGFILE), so its traffic cannot be decrypted"];
      }
      const secret = "It contains credentials in plain text";
      return hasKeys
        ? [where, `${plural(keyCount, "TLS key")}; open ${trafficPath} with Wireshark. ${secret}`]
        : [
          where,
          `${
            plural(keyCount, "TLS key")
          } could not be put into it; open it with Wireshark and name ${keysPath} ` +
          `as the key log file of TLS. ${secret}`,
        ];
    },
  };
}

/** Reads the keys that the program wrote. It may have removed the file, or have put a pipe in its place. */
async function readKeys(path: string): Promise<Uint8Array> {
  if ((await Deno.lstat(path)).isFile) return await Deno.readFile(path);
  throw new Error(`${path} is not a regular file any more`);
}

function nodeOptions({ env }: Pick<World, "env">, option: string): string {
  return [env("NODE_OPTIONS") ?? "", option].join(" ").trim();
}

function unwritable(path: string, error: unknown): CulvertError {
  return new CulvertError("output_unwritable", `Cannot write ${path}: ${fileProblem(error)}`, {
    hint: "Name a writable directory for the capture.",
    details: { path },
    cause: error,
  });
}
