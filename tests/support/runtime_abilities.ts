/**
 * The missing abilities of the runtime of the binary under test. Where the runtime of the pinned Deno cannot
 * be downloaded, the binary is compiled with another one (`COMPILE_DENO`), which may lack an ability that a
 * case needs. Each ability of that runtime is checked; a case that needs a missing one is skipped with the
 * reason in its name.
 */
import { skippedIf } from "./skipped.ts";

/** An ability, and a script that prints `yes` on a runtime that has it. */
interface Ability {
  readonly lacks: string;
  readonly script: string;
  /** Cases that need it, by a part of their name. */
  readonly cases: readonly RegExp[];
}

/** Proxies, relays and the simulated network send heads as they received them. */
const RAW_HEADERS: Ability = {
  // Deno 2.7.11 also has no ports for the connections of a TLS server, by which the proxy knows its own, and sends
  // nothing where `createConnection` returns a stream that is no socket.
  lacks: "its node:http sends no raw header lists, which the simulated network and the relays need",
  script: `
    import http from "node:http";
    const server = http.createServer((request, response) => response.end(request.headers["x-raw"] ?? "no"));
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      const options = { host: "127.0.0.1", port, headers: ["Host", "localhost", "X-Raw", "yes"] };
      try {
        http.get(options, (response) => {
          response.on("data", (data) => console.log(data.toString()));
          response.on("end", () => process.exit());
        }).on("error", () => process.exit());
      } catch {
        process.exit();
      }
    });`,
  cases: [
    /the demo keeps its login in a file/,
    /streams the demo/,
    /^the demo answers with what the command printed/,
    /^the provider demo (transcribes|talks|sends telemetry)/,
    /^respond --file with a login uploads through proxy and interception/,
    /^an answer over a websocket is recorded frame by frame/,
    /^the call of a trace is joined over ws/,
    /^respond with the provider demo writes a trace/,
    /^trace show of a turn over (sse|ws) names reuse/,
    /^preview (prints what would be sent|without a destination)/,
  ],
};

/** Folders and files of tests that need {@link RAW_HEADERS} in the binary as a whole. */
const NEED_RAW_HEADERS: readonly string[] = [
  "tests/cli/app/undecodable_variable_test.ts",
  "tests/cli/ca/fetch_test.ts",
  "tests/cli/capture",
  "tests/cli/compact",
  "tests/cli/demo",
  "tests/cli/doctor",
  "tests/cli/image",
  "tests/cli/memories",
  "tests/cli/models",
  "tests/cli/reference/examples_test.ts",
  "tests/cli/capture/removed_files_test.ts",
  "tests/cli/capture/reset_client_test.ts",
  "tests/cli/replay/forward_test.ts",
  "tests/cli/replay/tool_session_test.ts",
  "tests/cli/search",
  "tests/cli/serve",
  "tests/cli/usage",
];

const ABILITIES: readonly Ability[] = [
  RAW_HEADERS,
  {
    lacks: "its TLS does not tell what a peer presented",
    script: `
      import tls from "node:tls";
      console.log(typeof tls.TLSSocket.prototype.getPeerX509Certificate === "function" ? "yes" : "no");`,
    cases: [
      /^ca fetch shows the interceptor's chain/,
      /^what is weak, odd or out of date about a chain/,
      /culvert ca fetch api\.culvert\.test/,
      /^the text comes through a proxy that intercepts TLS/,
      /^respond refuses a server .*: the issuer has an RSA key below 2048 bits/,
      /a certificate (for another name|that has expired|that is not valid yet) fails/,
    ],
  },
  {
    lacks: "a named pipe without a writer stops its event loop",
    script: `
      const folder = Deno.makeTempDirSync();
      new Deno.Command("mkfifo", { args: [folder + "/pipe"] }).outputSync();
      const open = "setTimeout(() => { console.log('yes'); Deno.exit(); }, 200); Deno.open(Deno.env.get('PIPE'));";
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", open],
        env: { PIPE: folder + "/pipe" },
        stdout: "piped",
      }).spawn();
      setTimeout(() => child.kill("SIGKILL"), 3_000);
      const { stdout } = await child.output();
      console.log(new TextDecoder().decode(stdout));
      Deno.removeSync(folder, { recursive: true });
      Deno.exit();`,
    cases: [/a key file that is a pipe without a writer/],
  },
  {
    lacks: "its fetch blocks no ports",
    script: `
      const message = await fetch("http://127.0.0.1:25/").catch((error) => error.message);
      console.log(/blocked/.test(message) ? "yes" : "no");`,
    cases: [/fetch blocks the port/],
  },
  {
    lacks: "its fetch does not tell a closed SOCKS proxy from a closed port in the cause of its error",
    script: `
      const client = Deno.createHttpClient({ proxy: { url: "socks5://127.0.0.1:9" } });
      const cause = await fetch("http://127.0.0.1:8080/", { client }).catch((error) => error.cause?.message ?? "");
      console.log(/Proxy/.test(cause) ? "yes" : "no");`,
    cases: [/the SOCKS proxy closes the connection/],
  },
];

const missing = await missingAbilities();

/**
 * Checks the runtime of the binary; without a binary under test, the runtime is the pinned one and has all
 * abilities.
 */
async function missingAbilities(): Promise<readonly Ability[]> {
  const compiler = Deno.env.get("COMPILE_DENO") ?? "";
  if ((Deno.env.get("CULVERT_UNDER_TEST") ?? "") === "" || compiler === "") return [];
  const lacking: Ability[] = [];
  for (const ability of ABILITIES) if (!await hasAbility(compiler, ability)) lacking.push(ability);
  return lacking;
}

async function hasAbility(deno: string, { script }: Ability): Promise<boolean> {
  const { stdout } = await new Deno.Command(deno, { args: ["eval", script] }).output();
  return new TextDecoder().decode(stdout).trim() === "yes";
}

/**
 * Returns why the binaries that `COMPILE_DENO` compiled cannot run the simulated network; `undefined` if they
 * can.
 */
export async function lackOfNetwork(): Promise<string | undefined> {
  const compiler = Deno.env.get("COMPILE_DENO") ?? "";
  return compiler === "" || await hasAbility(compiler, RAW_HEADERS)
    ? undefined
    : `the runtime of the binary differs: ${RAW_HEADERS.lacks}`;
}

/**
 * Returns the name of a case, and whether it is skipped on the runtime under test.
 *
 * @param name a sentence
 */
export function unlessLacking(name: string): { readonly name: string; readonly ignore: boolean } {
  const lacks = missing.find(({ cases }) => cases.some((pattern) => pattern.test(name)))?.lacks;
  return skippedIf(lacks === undefined ? undefined : `the runtime of the binary differs: ${lacks}`, name);
}

/** Returns the paths of tests that the runtime under test cannot pass as a whole, and why. */
export function unsupportedPaths(): { readonly paths: readonly string[]; readonly lacks: string } {
  return { paths: missing.includes(RAW_HEADERS) ? NEED_RAW_HEADERS : [], lacks: RAW_HEADERS.lacks };
}
