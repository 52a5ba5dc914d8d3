/** Faults of bundle, credential and configuration. */
import { type FaultRow, home, network } from "./fault_kit.ts";

export const CONFIGURATION_FAULTS: readonly FaultRow[] = [
  {
    fault: "a bundle that does not exist",
    check: "bundle",
    code: "ca_unreadable",
    exit: 3,
    named: /\/nowhere\/ca\.pem.*CODEX_CA_CERTIFICATE/s,
    next: /^(ls -l|dir) \/nowhere\/ca\.pem$/,
    set: async (stack) => ({
      env: { ...(await network(stack)).env, CODEX_CA_CERTIFICATE: "/nowhere/ca.pem" },
    }),
  },
  {
    fault: "a bundle without a certificate",
    check: "bundle",
    code: "ca_invalid",
    exit: 3,
    named: /CODEX_CA_CERTIFICATE/,
    next: /^culvert ca inspect/,
    set: async (stack) => {
      const { env } = await network(stack);
      return { env: { ...env, CODEX_CA_CERTIFICATE: home(stack, {}).write("ca.pem", "hello\n") } };
    },
  },
  {
    fault: "a proxy with an unknown scheme",
    check: "route",
    code: "proxy_invalid",
    exit: 2,
    named: /--proxy/,
    next: /^culvert report/,
    set: async (stack) => ({ env: (await network(stack)).env, flags: ["--proxy", "ftp://proxy:21"] }),
  },
  {
    fault: "no credential",
    check: "credentials",
    code: "auth_missing",
    exit: 4,
    named: /OPENAI_API_KEY/,
    next: /^culvert auth login$/,
    set: async (stack) => ({ env: { ...(await network(stack)).env, CULVERT_API_KEY: "" } }),
  },
  {
    fault: "a stored login that is cut off",
    check: "credentials",
    code: "auth_storage",
    exit: 4,
    named: /auth\.json/,
    next: /^culvert auth status/,
    set: async (stack) => {
      const { env, baseUrl } = await network(stack);
      const files = {
        "auth.json": '{"auth_mode": "chatgpt", "tok',
        "config.toml": `openai_base_url = "${baseUrl}"\n`,
      };
      return {
        env: { ...env, CULVERT_API_KEY: "", CODEX_HOME: home(stack, files).path },
        url: baseUrl,
        isConfigured: true,
      };
    },
  },
  {
    fault: "a credential command that hangs",
    check: "models",
    code: "auth_missing",
    exit: 4,
    named: /did not finish within 1000 ms/,
    next: /^culvert auth status --provider gate/,
    set: async (stack) => {
      const { env, baseUrl } = await network(stack);
      const config = `[model_providers.gate]\nname = "gate"\nbase_url = "${baseUrl}"\n` +
        '[model_providers.gate.auth]\ncommand = "sleep"\nargs = ["30"]\ntimeout_ms = 1000\n';
      return {
        env: { ...env, CODEX_HOME: home(stack, { "config.toml": config }).path },
        flags: ["--provider", "gate"],
      };
    },
  },
  {
    fault: "a broken config.toml",
    check: "config",
    code: "config",
    exit: 2,
    named: /line 1/,
    next: /^culvert help config$/,
    set: async (stack) => ({
      env: { ...(await network(stack)).env, CODEX_HOME: home(stack, { "config.toml": "model = \n" }).path },
    }),
  },
  {
    fault: "a provider that is not defined",
    check: "config",
    code: "config",
    exit: 2,
    named: /provider "nowhere"/,
    next: /^culvert help config$/,
    set: async (stack) => {
      const files = { "config.toml": 'model_provider = "nowhere"\n' };
      return { env: { ...(await network(stack)).env, CODEX_HOME: home(stack, files).path } };
    },
  },
];
