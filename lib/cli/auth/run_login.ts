/**
 * What `culvert auth login` does.
 *
 * @module
 */
import { headerValue } from "../../auth/credential.ts";
import { loginFailure, type LoginParts, type SignedIn } from "../../auth/login_parts.ts";
import { methodObjection } from "../../auth/login_policy.ts";
import { planOf } from "../../auth/plan.ts";
import { CulvertError } from "../../errors.ts";
import type { LoginFlags } from "../commands/auth.ts";
import { connect } from "../connection.ts";
import type { CliContext } from "../context.ts";
import type { Host } from "../host.ts";
import { listenForStop } from "../stop_signals.ts";
import { createVoice } from "../voice.ts";
import { authParts } from "./auth_parts.ts";
import { LATE } from "../late_modules.ts";

/** Longest API key that is read, bytes. */
const MAX_KEY_BYTES = 64 * 1024;

/** Runs the command. */
export async function run(context: CliContext, flags: LoginFlags): Promise<void> {
  const { host } = context;
  if (flags.device === true && flags.apiKey === true) {
    throw new CulvertError("usage", "Both --device and --api-key were given", {
      hint: "Give one of the two.",
    });
  }
  const voice = createVoice(host, flags);
  // The key first: whoever waits at a terminal should learn at once that it is read from a pipe.
  const apiKey = flags.apiKey === true ? await readKey(host) : undefined;
  using stop = listenForStop(host);
  await using connection = await connect(host, flags, voice);
  const method = apiKey === undefined ? "chatgpt" : "api";
  const demand = methodObjection(connection.settings.loginPolicy, method);
  if (demand !== undefined) throw notAllowed(demand);
  const parts = authParts(host, connection, voice, flags.issuer);
  const signedIn = apiKey !== undefined
    ? await withApiKey(parts, apiKey)
    : flags.device === true
    ? await byDevice(parts, flags, host, stop.signal)
    : await byBrowser(parts, flags, host, stop.signal);
  voice.progress(`signed in${nameOf(signedIn)}; stored in ${parts.file.path}`);
  if (flags.json === true) {
    const line = {
      type: "culvert.login",
      mode: apiKey === undefined ? "chatgpt" : "apikey",
      path: parts.file.path,
      email: signedIn.email ?? null,
      account_tail: signedIn.accountId?.slice(-4) ?? null,
      plan: signedIn.planType ?? null,
    };
    await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

function notAllowed(demand: string): CulvertError {
  return loginFailure("login_policy", `Cannot sign in this way: ${demand} in config.toml does not allow it`, {
    hint: demand.includes('"api"')
      ? "Nothing was changed. Store an API key instead: culvert auth login --api-key < key.txt"
      : "Nothing was changed. Sign in with ChatGPT instead: culvert auth login",
    details: { demand },
  });
}

async function withApiKey(parts: LoginParts, apiKey: string): Promise<SignedIn> {
  const { checkStore, saveApiKey } = await LATE.saveLogin();
  await checkStore(parts);
  await saveApiKey(parts, apiKey);
  return {};
}

/** By device code; where that is switched off, by browser. */
async function byDevice(
  parts: LoginParts,
  flags: LoginFlags,
  host: Host,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { loginByDevice } = await LATE.deviceLogin();
  try {
    return await loginByDevice(parts, signal);
  } catch (error) {
    if (!(error instanceof CulvertError) || error.details["problem"] !== "device_code_disabled") throw error;
    parts.say(`${error.message}. ${error.hint ?? ""}\nGoing on by browser.`);
    return await byBrowser(parts, flags, host, signal);
  }
}

async function byBrowser(
  parts: LoginParts,
  flags: LoginFlags,
  host: Host,
  signal: AbortSignal,
): Promise<SignedIn> {
  const [{ loginByBrowser }, { isHeadless, openBrowser }] = await Promise.all([
    LATE.browserLogin(),
    LATE.openBrowser(),
  ]);
  const { env } = parts.world;
  if (isHeadless(env)) {
    parts.say("No browser can be shown here. The simplest way may be: culvert auth login --device");
  }
  return await loginByBrowser({
    ...parts,
    openPage: (url) => !isHeadless(env) && openBrowser(url, env),
    pasted: lines(host.stdin.stream()),
    ...(flags.port === undefined ? {} : { ports: [flags.port] }),
  }, signal);
}

/** Lines of a stream, the last one too where it has no end. */
async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

async function readKey(host: Host): Promise<string> {
  const how = "Pipe the key in: culvert auth login --api-key < key.txt";
  if (host.stdin.isTerminal) {
    throw new CulvertError("usage", "An API key is read from standard input, which is a terminal", {
      hint: how,
    });
  }
  let text = "";
  for await (const chunk of host.stdin.stream().pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length > MAX_KEY_BYTES) break;
  }
  if (text.trim() === "") throw new CulvertError("usage", "Standard input holds no API key", { hint: how });
  return headerValue(text, "standard input");
}

function nameOf(signedIn: SignedIn): string {
  const plan = signedIn.planType === undefined ? "" : ` (${planOf(signedIn.planType).name})`;
  return signedIn.email === undefined ? plan : ` as ${signedIn.email}${plan}`;
}
