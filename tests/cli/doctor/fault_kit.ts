/** Faulty networks and configurations for the tests of the doctor. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { folder, PLANTED_KEY } from "../../doctor/kit.ts";
import { httpServer } from "../../net/kit.ts";

/** A network with a fault. */
export interface Faulty {
  readonly env: Readonly<Record<string, string>>;
  /** The URL to examine. Default: that of the configuration. */
  readonly url?: string;
  readonly flags?: readonly string[];
  /** Whether the URL is that of the configured provider, so that a turn needs no `--base-url`. */
  readonly isConfigured?: boolean;
}

/** A fault, and how the doctor and a turn report it. */
export interface FaultRow {
  readonly fault: string;
  readonly check: string;
  readonly code: string;
  /** The codes and the exit status of a turn where they may differ. */
  readonly turn?: { readonly codes: readonly string[]; readonly exit?: number };
  readonly exit: number;
  /** Words of the summary and the remedy of the doctor. */
  readonly named: RegExp;
  /** The expected next command. */
  readonly next: RegExp;
  readonly set: (stack: AsyncDisposableStack) => Promise<Faulty>;
}

/** One hour, ms. */
export const HOUR_MS = 3_600_000;
/** The CA of the certificates that the tests issue. */
export const AUTHORITY = await createAuthority("Fault Test CA");

/** Opens the simulated network and a folder for `CODEX_HOME`, with some behavior replaced. */
export async function network(stack: AsyncDisposableStack, options: Parameters<typeof startNetwork>[0] = {}) {
  return stack.use(await startNetwork(options));
}

export function home(stack: AsyncDisposableStack, files: Readonly<Record<string, string>>) {
  const made = stack.use(folder());
  for (const [name, text] of Object.entries(files)) made.write(name, text);
  return made;
}

/** Starts a server with a certificate, and returns the variables to trust its CA. */
export async function served(stack: AsyncDisposableStack, request: Parameters<typeof AUTHORITY.issue>[0]) {
  const files = home(stack, {});
  const server = stack.use(httpServer(() => new Response(), await AUTHORITY.issue(request)));
  return {
    url: `https://localhost:${server.port}/v1`,
    env: { CULVERT_API_KEY: PLANTED_KEY, CODEX_CA_CERTIFICATE: files.write("ca.pem", AUTHORITY.certificate) },
  };
}

/** Starts a server without TLS. */
export function answering(
  stack: AsyncDisposableStack,
  handler: (request: Request) => Response | Promise<Response>,
): Faulty {
  const server = stack.use(httpServer(handler));
  return { url: `http://127.0.0.1:${server.port}/v1`, env: { CULVERT_API_KEY: PLANTED_KEY } };
}

export function page(status: number): Response {
  const html = "<!doctype html><html><head><title>Access denied</title></head></html>";
  return new Response(html, { status, headers: { "content-type": "text/html", "via": "1.1 filter.corp" } });
}
