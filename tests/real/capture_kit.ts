/** The hosts of the vendor behind a proxy that intercepts TLS, and `culvert capture` of the codex client behind it. */
import { type MockApi, type MockApiOptions, startMockApi } from "../../lib/mock/api/api.ts";
import { writeLogin } from "../../lib/mock/oauth/login_file.ts";
import { localUpstream } from "../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../lib/net/server/proxy/intercepting_proxy.ts";
import { createAuthority } from "../../lib/pki/pki.ts";
import { culvert, type CulvertRun, jsonLines } from "../support/culvert.ts";
import { join } from "../support/paths.ts";

/** Hosts to which the codex client sends requests. */
const HOSTS = [
  ...["api.openai.com", "chatgpt.com", "auth.openai.com", "ab.chatgpt.com"],
  ...["api.github.com", "github.com", "localhost"],
];

/** The credential of the codex client. */
export type CodexLogin = "api key" | "ChatGPT";

/** The network of a company, with the hosts of the vendor outside of it. */
export interface VendorNetwork extends AsyncDisposable {
  readonly api: MockApi;
  readonly home: string;
  /** The folder of the captures. */
  readonly captureDir: string;
  /** The environment of programs in this network. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `culvert capture` with these flags, and codex with one prompt. */
  readonly capture: (...flags: string[]) => Promise<CulvertRun>;
  /** The records of the capture. */
  readonly records: () => Promise<readonly Record<string, unknown>[]>;
}

/** Starts the network. All hosts are the simulated API, which only the proxy of the company can reach. */
export async function vendorNetwork(
  login: CodexLogin,
  options: MockApiOptions = {},
): Promise<VendorNetwork> {
  const api = await startMockApi({ ...options, names: HOSTS });
  const company = await createAuthority("Example Corp TLS Inspection");
  const proxy = await startInterceptingProxy({
    upstream: localUpstream({
      roots: [api.authority.certificate],
      resolve: () => ({ host: "127.0.0.1", port: api.port }),
    }),
    interception: { issue: (host) => company.issue({ commonName: host, names: [host] }) },
  });
  const home = await Deno.makeTempDir({ prefix: "culvert-vendor-" });
  await Deno.writeTextFile(join(home, "company.pem"), company.certificate);
  if (login === "ChatGPT") await writeLogin(home, api.oauth, "valid");
  const env = {
    HOME: home,
    CODEX_HOME: home,
    HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    CODEX_CA_CERTIFICATE: join(home, "company.pem"),
    // With another home, the module cache would also be at another place.
    DENO_DIR: await denoDirectory(),
    ...(login === "api key" ? { CODEX_API_KEY: "sk-planted-0123456789abcdef" } : {}),
  };
  const captureDir = join(home, "capture");
  return {
    api,
    home,
    captureDir,
    env,
    capture: (...flags) =>
      culvert(
        ["capture", "-o", captureDir, ...flags, "--", "codex", "exec"]
          .concat(["--skip-git-repo-check", "--color", "never", "say hello"]),
        { env, cwd: home, limitMs: 90_000 },
      ),
    records: async () => jsonLines(await Deno.readTextFile(join(captureDir, "capture.jsonl"))),
    [Symbol.asyncDispose]: async () => {
      await proxy.close();
      await api.close();
      await Deno.remove(home, { recursive: true });
    },
  };
}

async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir }: { readonly denoDir: string } = JSON.parse(new TextDecoder().decode(stdout));
  return denoDir;
}
