/** Sign-in with a real browser. All pages except the last come through a proxy that intercepts TLS. */
import { type Network, startNetwork } from "../../lib/mock/network.ts";
import { MOCK_ACCOUNT } from "../../lib/mock/oauth/tokens.ts";
import { TestHome } from "../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { startCulvert } from "../support/culvert.ts";
import { testWith } from "../support/programs.ts";
import { chromium } from "playwright-core";

const ISSUER = "https://api.culvert.test";

interface Shown {
  readonly url: string;
  readonly text: string;
  readonly loaded: readonly string[];
}

/** Opens a page in a browser that reaches other hosts only through the proxy of the network. */
async function look(network: Network, url: string): Promise<Shown> {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    proxy: { server: network.proxyUrl },
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-default-apps",
      "--disable-sync",
      "--no-first-run",
    ],
  });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const loaded: string[] = [];
    page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
    await page.goto(url, { waitUntil: "load" });
    return { url: page.url(), text: await page.innerText("body"), loaded };
  } finally {
    await browser.close();
  }
}

interface Login {
  readonly code: number;
  readonly stderr: string;
  readonly shown: Shown;
}

async function signIn(
  home: TestHome,
  network: Network,
  change: (url: URL) => URL = (url) => url,
): Promise<Login> {
  const child = startCulvert(["auth", "login", "--issuer", ISSUER, "--port", "0"], {
    env: {
      HTTPS_PROXY: network.proxyUrl,
      CODEX_CA_CERTIFICATE: network.bundlePath,
      CODEX_HOME: home.path,
    },
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), 90_000);
  await child.stdin.close();
  let stderr = "";
  let shown: Promise<Shown> | undefined;
  const stdout = child.stdout.cancel();
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    const url = /https:\/\/\S+\/oauth\/authorize\?\S+\n/.exec(stderr)?.[0].trim();
    if (url !== undefined && shown === undefined) shown = look(network, change(new URL(url)).href);
  }
  await stdout;
  const { code } = await child.status;
  clearTimeout(limit);
  if (shown === undefined) throw new Error(`No address to open:\n${stderr}`);
  return { code, stderr, shown: await shown };
}

await testWith(
  ["chromium"],
  "a real browser signs in through an intercepting proxy, and no token is in its address bar",
  async () => {
    await using home = new TestHome();
    const network = await startNetwork();
    try {
      const { code, stderr, shown } = await signIn(home, network);
      assertEquals(code, 0, stderr);
      assert(/^http:\/\/localhost:\d+\/success$/.test(shown.url), shown.url);
      assertIncludes(shown.text, "Signed in to Culvert");
      assertEquals(shown.loaded.slice(0, 3), ["/oauth/authorize", "/auth/callback", "/success"]);
      assertIncludes(stderr, `Signed in as ${MOCK_ACCOUNT.email} (Plus)`);
      const { refresh_token: refreshToken } = home.json().tokens;
      assertExcludes(stderr + shown.text, String(refreshToken));
      const paths = network.proxyEvents.flatMap((event) => event.kind === "request" ? [event.path] : []);
      assert(paths.includes("/oauth/authorize") && paths.includes("/oauth/token"), paths.join());
    } finally {
      await network.close();
    }
  },
);

await testWith(["chromium"], "a real browser shows why a login failed, and nothing is stored", async () => {
  await using home = new TestHome();
  const network = await startNetwork();
  try {
    network.api.oauth.failNext({
      status: 400,
      body: { error: "invalid_grant", error_description: "<b>Too late</b>" },
    });
    const { code, stderr, shown } = await signIn(home, network);
    assertEquals(code, 4, stderr);
    assertIncludes(shown.text, "Sign-in failed");
    assertIncludes(shown.text, "token_exchange_failed");
    assertIncludes(stderr, "Too late");
    assertEquals([...Deno.readDirSync(home.path)].filter((entry) => entry.name === "auth.json"), []);
  } finally {
    await network.close();
  }
});
