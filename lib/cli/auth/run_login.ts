/**
 * Implements `culvert auth login`.
 *
 * @module
 */
import { headerValue } from "../../auth/credential.ts";
import { loginFailure, type LoginParts, type SignedIn } from "../../auth/login/login_parts.ts";
import { methodObjection } from "../../auth/policy/login_policy.ts";
import { planName } from "../../auth/policy/plan.ts";
import { CulvertError } from "../../errors.ts";
import type { LoginFlags } from "./command.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import { authParts } from "./auth_parts.ts";

/** Longest secret that is read, characters. */
const MAX_SECRET_LENGTH = 64 * 1024;

/** The flags that select a way to sign in; at most one may be given. */
const WAYS = [["device", "--device"], ["apiKey", "--api-key"], ["accessToken", "--access-token"]] as const;

interface SecretKind {
  readonly name: string;
  readonly how: string;
}

const API_KEY: SecretKind = {
  name: "API key",
  how: "Pipe the key in: culvert auth login --api-key < key.txt",
};
const ACCESS_TOKEN: SecretKind = {
  name: "access token",
  how: "Pipe the token in: culvert auth login --access-token < token.txt",
};

/** Runs the command. */
export async function run(context: CliContext, flags: LoginFlags): Promise<void> {
  const { host } = context;
  const ways = WAYS.filter(([flag]) => flags[flag] === true).map(([, name]) => name);
  if (ways.length > 1) {
    throw new CulvertError("usage", `Both ${ways.slice(0, 2).join(" and ")} were given`, {
      hint: "Use only one of the two.",
    });
  }
  const reporter = createReporter(host, flags);
  // Checked first: at a terminal this fails with the explanation that a pipe is needed.
  const apiKey = flags.apiKey === true ? await readSecret(host, API_KEY) : undefined;
  const accessToken = flags.accessToken === true ? await readSecret(host, ACCESS_TOKEN) : undefined;
  using stop = listenForStop(host);
  await using connection = await connectCommand(host, flags, reporter);
  const method = apiKey === undefined ? "chatgpt" : "api";
  const setting = methodObjection(connection.settings.loginPolicy, method);
  if (setting !== undefined) throw notAllowed(setting);
  const parts = await authParts(host, connection, reporter, flags.issuer);
  const signedIn: SignedIn = apiKey !== undefined
    ? await withApiKey(parts, apiKey, stop.signal)
    : accessToken !== undefined
    ? await withAccessToken(parts, accessToken, stop.signal)
    : flags.device === true
    ? await byDevice(parts, flags, host, stop.signal)
    : await byBrowser(parts, flags, host, stop.signal);
  const { source } = parts.store;
  reporter.progress(`Signed in${nameOf(signedIn)}; stored in ${source.name}`);
  if (source.kind === "memory") {
    reporter.warn({
      code: "auth_not_kept",
      message: 'The login ends with this command: cli_auth_credentials_store is "ephemeral" in config.toml',
    });
  }
  if (signedIn.onboarding !== undefined) {
    reporter.progress(`This login was started from the entry point ${signedIn.onboarding}`);
  }
  if (flags.json === true) {
    const line = {
      type: "culvert.login",
      mode: signedIn.mode ?? "chatgpt",
      path: source.kind === "file" ? source.name : null,
      source: { kind: source.kind, name: source.name },
      email: signedIn.email ?? null,
      account_tail: signedIn.accountId?.slice(-4) ?? null,
      plan: signedIn.planType ?? null,
      onboarding_entrypoint: signedIn.onboarding ?? null,
    };
    await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

function notAllowed(setting: string): CulvertError {
  return loginFailure(
    "login_policy",
    `Cannot sign in this way: ${setting} in config.toml does not allow it`,
    {
      hint: setting.includes('"api"')
        ? "Nothing was changed. Store an API key instead: culvert auth login --api-key < key.txt"
        : "Nothing was changed. Sign in with ChatGPT instead: culvert auth login",
      details: { demand: setting },
    },
  );
}

async function withApiKey(
  parts: LoginParts,
  apiKey: string,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { saveApiKey } = await import("../../auth/login/login_parts.ts");
  await parts.store.check({ signal });
  await saveApiKey(parts, apiKey);
  return { mode: "apikey" };
}

async function withAccessToken(parts: LoginParts, token: string, signal: AbortSignal): Promise<SignedIn> {
  const { loginWithAccessToken } = await import("../../auth/login/access_token_login.ts");
  return await loginWithAccessToken(parts, token, signal);
}

/** Signs in by device code, or by browser if that is disabled. */
async function byDevice(
  parts: LoginParts,
  flags: LoginFlags,
  host: Host,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { loginByDevice } = await import("../../auth/login/device_login.ts");
  try {
    return await loginByDevice(parts, signal);
  } catch (error) {
    if (!(error instanceof CulvertError) || error.details["problem"] !== "device_code_disabled") throw error;
    parts.say(`${error.message}. ${error.hint ?? ""}\nContinuing with a browser.`);
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
    import("../../auth/login/browser_login.ts"),
    import("../../world/open_browser.ts"),
  ]);
  const { env } = parts.world;
  if (isHeadless(env)) {
    parts.say("No browser can be opened here. Alternative: culvert auth login --device");
  }
  return await loginByBrowser({
    ...parts,
    openPage: (url) => !isHeadless(env) && openBrowser(url, env),
    pasted: lines(host.stdin.stream()),
    ...(flags.port === undefined ? {} : { ports: [flags.port] }),
  }, signal);
}

/** Splits a stream into lines; the last one may lack its line end. */
async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

async function readSecret(host: Host, { name, how }: SecretKind): Promise<string> {
  if (host.stdin.isTerminal) {
    throw new CulvertError("usage", `An ${name} is read from standard input, which is a terminal`, {
      hint: how,
    });
  }
  let text = "";
  for await (const chunk of host.stdin.stream().pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length > MAX_SECRET_LENGTH) break;
  }
  if (text.trim() === "") {
    throw new CulvertError("usage", `Standard input contains no ${name}`, { hint: how });
  }
  return headerValue(text, "standard input");
}

function nameOf(signedIn: SignedIn): string {
  const plan = signedIn.planType === undefined ? "" : ` (${planName(signedIn.planType)})`;
  return signedIn.email === undefined ? plan : ` as ${signedIn.email}${plan}`;
}
