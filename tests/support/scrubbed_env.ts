/** An environment without any CA, proxy or credential variable of the machine that runs the tests. */

/** Variables that change what a program connects to or trusts. */
const SCRUBBED =
  /^(.*(ssl_cert|_ca_|cainfo|ca_bundle|cafile|ca_certificate|pip_cert|deno_cert|deno_tls|ssl_roots_file).*|(https?|all|no)_proxy|codex_.*|openai_.*|culvert_.*|node_extra_ca_certs|request_method|no_color|clicolor.*|force_color)$/i;

/**
 * @param extra variables to set on top
 * @returns the whole environment to pass with `clearEnv: true`
 */
export function scrubbedEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(Deno.env.toObject())) {
    if (!SCRUBBED.test(name)) kept[name] = value;
  }
  // Without this, `deno run` sometimes asks for its newest version, through the proxy that a test sets.
  return { ...kept, DENO_NO_UPDATE_CHECK: "1", ...extra };
}
