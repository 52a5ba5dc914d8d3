/** An environment without any CA, proxy or credential variable of the machine that runs the tests. */

/** The state folder for the programs of this test process, instead of the home of the developer. */
let state: string | undefined;

function stateFolder(): string {
  if (state === undefined) {
    const folder = state = Deno.makeTempDirSync({ prefix: "culvert-state-" });
    globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  }
  return state;
}

/** Variables that change what a program connects to or trusts. */
const SCRUBBED =
  /^(.*(ssl_cert|_ca_|cainfo|ca_bundle|cafile|ca_certificate|pip_cert|deno_cert|deno_tls|ssl_roots_file).*|(https?|all|no)_proxy|codex_.*|openai_.*|culvert_.*|otel_.*|traceparent|tracestate|node_extra_ca_certs|request_method|no_color|clicolor.*|force_color)$/i;

/**
 * @param extra variables to set in addition
 * @returns the whole environment to pass with `clearEnv: true`
 */
export function scrubbedEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(Deno.env.toObject())) {
    if (!SCRUBBED.test(name)) kept[name] = value;
  }
  // Without this, `deno run` sometimes requests its newest version through the proxy that a test sets.
  return { ...kept, DENO_NO_UPDATE_CHECK: "1", XDG_STATE_HOME: stateFolder(), ...extra };
}
