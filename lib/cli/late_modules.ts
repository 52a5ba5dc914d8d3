/**
 * Every module that the command line loads late, if at all.
 *
 * The runtime reads, before the first line of a module runs, all that the module's imports lead to, those of
 * `import("…")` too where the name is a plain literal: about 0.13 ms of processor time a module (Deno 2.9.6), which
 * came to half the start of `--help`. A literal in an assertion it does not see. Whoever bundles the program takes
 * types away first, and then finds a plain literal: so the binary holds every module all the same.
 *
 * Nothing that `lib/mod.ts` leads to may do likewise: tools that follow imports without bundling would not find
 * what a program that embeds culvert needs. Such rooms take loaders as arguments, and this table has them.
 *
 * A rule of the linter keeps the two names of each entry the same.
 *
 * @module
 */

/** Loaders of modules. */
export const LATE = {
  atomicFile: (): Promise<typeof import("./atomic_file.ts")> => import("./atomic_file.ts" as string),
  authLoginRun: (): Promise<typeof import("./auth/run_login.ts")> => import("./auth/run_login.ts" as string),
  authLogoutRun: (): Promise<typeof import("./auth/run_logout.ts")> =>
    import("./auth/run_logout.ts" as string),
  authRefreshRun: (): Promise<typeof import("./auth/run_refresh.ts")> =>
    import("./auth/run_refresh.ts" as string),
  authStatusRun: (): Promise<typeof import("./auth/run_status.ts")> =>
    import("./auth/run_status.ts" as string),
  caBundleRun: (): Promise<typeof import("./ca/bundle.ts")> => import("./ca/bundle.ts" as string),
  caEnvRun: (): Promise<typeof import("./ca/env.ts")> => import("./ca/env.ts" as string),
  caFetchRun: (): Promise<typeof import("./ca/fetch.ts")> => import("./ca/fetch.ts" as string),
  caInspectRun: (): Promise<typeof import("./ca/inspect.ts")> => import("./ca/inspect.ts" as string),
  authCommands: (): Promise<typeof import("./commands/auth.ts")> => import("./commands/auth.ts" as string),
  caCommands: (): Promise<typeof import("./commands/ca.ts")> => import("./commands/ca.ts" as string),
  completeCommand: (): Promise<typeof import("./commands/complete.ts")> =>
    import("./commands/complete.ts" as string),
  completionCommand: (): Promise<typeof import("./commands/completion.ts")> =>
    import("./commands/completion.ts" as string),
  demoCommand: (): Promise<typeof import("./commands/demo.ts")> => import("./commands/demo.ts" as string),
  doctorCommand: (): Promise<typeof import("./commands/doctor.ts")> =>
    import("./commands/doctor.ts" as string),
  helpCommand: (): Promise<typeof import("./commands/help.ts")> => import("./commands/help.ts" as string),
  manCommand: (): Promise<typeof import("./commands/man.ts")> => import("./commands/man.ts" as string),
  reportCommand: (): Promise<typeof import("./commands/report.ts")> =>
    import("./commands/report.ts" as string),
  respondCommand: (): Promise<typeof import("./commands/respond.ts")> =>
    import("./commands/respond.ts" as string),
  completeRun: (): Promise<typeof import("./completion/run_complete.ts")> =>
    import("./completion/run_complete.ts" as string),
  completionRun: (): Promise<typeof import("./completion/run_completion.ts")> =>
    import("./completion/run_completion.ts" as string),
  demoRun: (): Promise<typeof import("./demo/run.ts")> => import("./demo/run.ts" as string),
  demoConnection: (): Promise<typeof import("./demo_connection.ts")> =>
    import("./demo_connection.ts" as string),
  doctorDemo: (): Promise<typeof import("./doctor/demo.ts")> => import("./doctor/demo.ts" as string),
  doctorRun: (): Promise<typeof import("./doctor/run.ts")> => import("./doctor/run.ts" as string),
  flagValues: (): Promise<typeof import("./flag_values.ts")> => import("./flag_values.ts" as string),
  helpText: (): Promise<typeof import("./reference/help_text.ts")> =>
    import("./reference/help_text.ts" as string),
  manual: (): Promise<typeof import("./reference/manual.ts")> => import("./reference/manual.ts" as string),
  helpRun: (): Promise<typeof import("./reference/run_help.ts")> =>
    import("./reference/run_help.ts" as string),
  manRun: (): Promise<typeof import("./reference/run_man.ts")> => import("./reference/run_man.ts" as string),
  configTopic: (): Promise<typeof import("./reference/topics/config.ts")> =>
    import("./reference/topics/config.ts" as string),
  environmentTopic: (): Promise<typeof import("./reference/topics/environment.ts")> =>
    import("./reference/topics/environment.ts" as string),
  eventsTopic: (): Promise<typeof import("./reference/topics/events.ts")> =>
    import("./reference/topics/events.ts" as string),
  exitCodesTopic: (): Promise<typeof import("./reference/topics/exit_codes.ts")> =>
    import("./reference/topics/exit_codes.ts" as string),
  proxiesTopic: (): Promise<typeof import("./reference/topics/proxies.ts")> =>
    import("./reference/topics/proxies.ts" as string),
  reportRun: (): Promise<typeof import("./report/run.ts")> => import("./report/run.ts" as string),
  reportError: (): Promise<typeof import("./report_error.ts")> => import("./report_error.ts" as string),
  dryRun: (): Promise<typeof import("./respond/dry_run.ts")> => import("./respond/dry_run.ts" as string),
  inputFiles: (): Promise<typeof import("./respond/input_files.ts")> =>
    import("./respond/input_files.ts" as string),
  respondRun: (): Promise<typeof import("./respond/run.ts")> => import("./respond/run.ts" as string),
  schemaCheck: (): Promise<typeof import("./respond/schema_check.ts")> =>
    import("./respond/schema_check.ts" as string),
  accessTokenLogin: (): Promise<typeof import("../auth/access_token_login.ts")> =>
    import("../auth/access_token_login.ts" as string),
  agentIdentity: (): Promise<typeof import("../auth/agent_identity.ts")> =>
    import("../auth/agent_identity.ts" as string),
  agentLogin: (): Promise<typeof import("../auth/agent_login.ts")> =>
    import("../auth/agent_login.ts" as string),
  authFile: (): Promise<typeof import("../auth/auth_file.ts")> => import("../auth/auth_file.ts" as string),
  browserLogin: (): Promise<typeof import("../auth/browser_login.ts")> =>
    import("../auth/browser_login.ts" as string),
  commandBearer: (): Promise<typeof import("../auth/command_bearer.ts")> =>
    import("../auth/command_bearer.ts" as string),
  configuredStore: (): Promise<typeof import("../auth/configured_store.ts")> =>
    import("../auth/configured_store.ts" as string),
  deviceLogin: (): Promise<typeof import("../auth/device_login.ts")> =>
    import("../auth/device_login.ts" as string),
  forbiddenLogin: (): Promise<typeof import("../auth/forbidden_login.ts")> =>
    import("../auth/forbidden_login.ts" as string),
  managedLogin: (): Promise<typeof import("../auth/managed_login.ts")> =>
    import("../auth/managed_login.ts" as string),
  openBrowser: (): Promise<typeof import("../auth/open_browser.ts")> =>
    import("../auth/open_browser.ts" as string),
  personalAccessToken: (): Promise<typeof import("../auth/personal_access_token.ts")> =>
    import("../auth/personal_access_token.ts" as string),
  saveLogin: (): Promise<typeof import("../auth/save_login.ts")> => import("../auth/save_login.ts" as string),
  successPage: (): Promise<typeof import("../auth/success_page.ts")> =>
    import("../auth/success_page.ts" as string),
  loginFile: (): Promise<typeof import("../mock/login_file.ts")> => import("../mock/login_file.ts" as string),
  network: (): Promise<typeof import("../mock/network.ts")> => import("../mock/network.ts" as string),
  connectWatch: (): Promise<typeof import("../net/connect_watch.ts")> =>
    import("../net/connect_watch.ts" as string),
  openWebSocket: (): Promise<typeof import("../net/open_websocket.ts")> =>
    import("../net/open_websocket.ts" as string),
  probe: (): Promise<typeof import("../net/probe.ts")> => import("../net/probe.ts" as string),
  preconnect: (): Promise<typeof import("../responses/preconnect.ts")> =>
    import("../responses/preconnect.ts" as string),
  prewarm: (): Promise<typeof import("../responses/prewarm.ts")> =>
    import("../responses/prewarm.ts" as string),
  websocketCarrier: (): Promise<typeof import("../responses/websocket_carrier.ts")> =>
    import("../responses/websocket_carrier.ts" as string),
  result: (): Promise<typeof import("../responses/result.ts")> => import("../responses/result.ts" as string),
  bundleReader: (): Promise<typeof import("../trust/bundle_reader.ts")> =>
    import("../trust/bundle_reader.ts" as string),
  readSelected: (): Promise<typeof import("../trust/read_selected.ts")> =>
    import("../trust/read_selected.ts" as string),
};
