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
  atomicFile: (): Promise<typeof import("../output/atomic_file.ts")> =>
    import("../output/atomic_file.ts" as string),
  authLoginRun: (): Promise<typeof import("../auth/run_login.ts")> =>
    import("../auth/run_login.ts" as string),
  authLogoutRun: (): Promise<typeof import("../auth/run_logout.ts")> =>
    import("../auth/run_logout.ts" as string),
  authRefreshRun: (): Promise<typeof import("../auth/run_refresh.ts")> =>
    import("../auth/run_refresh.ts" as string),
  authStatusRun: (): Promise<typeof import("../auth/run_status.ts")> =>
    import("../auth/run_status.ts" as string),
  caBundleRun: (): Promise<typeof import("../ca/run_bundle.ts")> => import("../ca/run_bundle.ts" as string),
  caEnvRun: (): Promise<typeof import("../ca/run_env.ts")> => import("../ca/run_env.ts" as string),
  caFetchRun: (): Promise<typeof import("../ca/fetch/run.ts")> => import("../ca/fetch/run.ts" as string),
  caInspectRun: (): Promise<typeof import("../ca/run_inspect.ts")> =>
    import("../ca/run_inspect.ts" as string),
  authCommands: (): Promise<typeof import("../auth/command.ts")> => import("../auth/command.ts" as string),
  caCommands: (): Promise<typeof import("../ca/command.ts")> => import("../ca/command.ts" as string),
  completeCommand: (): Promise<typeof import("../completion/complete_command.ts")> =>
    import("../completion/complete_command.ts" as string),
  completionCommand: (): Promise<typeof import("../completion/command.ts")> =>
    import("../completion/command.ts" as string),
  demoCommand: (): Promise<typeof import("../demo/command.ts")> => import("../demo/command.ts" as string),
  doctorCommand: (): Promise<typeof import("../doctor/command.ts")> =>
    import("../doctor/command.ts" as string),
  helpCommand: (): Promise<typeof import("../help/command.ts")> => import("../help/command.ts" as string),
  manCommand: (): Promise<typeof import("../man/command.ts")> => import("../man/command.ts" as string),
  reportCommand: (): Promise<typeof import("../report/command.ts")> =>
    import("../report/command.ts" as string),
  respondCommand: (): Promise<typeof import("../respond/command.ts")> =>
    import("../respond/command.ts" as string),
  completeRun: (): Promise<typeof import("../completion/run_complete.ts")> =>
    import("../completion/run_complete.ts" as string),
  completionRun: (): Promise<typeof import("../completion/run_completion.ts")> =>
    import("../completion/run_completion.ts" as string),
  demoRun: (): Promise<typeof import("../demo/run.ts")> => import("../demo/run.ts" as string),
  demoConnection: (): Promise<typeof import("../command/demo_connection.ts")> =>
    import("../command/demo_connection.ts" as string),
  doctorDemo: (): Promise<typeof import("../doctor/demo.ts")> => import("../doctor/demo.ts" as string),
  doctorRun: (): Promise<typeof import("../doctor/run.ts")> => import("../doctor/run.ts" as string),
  flagValues: (): Promise<typeof import("./flag_values.ts")> => import("./flag_values.ts" as string),
  helpText: (): Promise<typeof import("../reference/help_text.ts")> =>
    import("../reference/help_text.ts" as string),
  manual: (): Promise<typeof import("../reference/manual.ts")> => import("../reference/manual.ts" as string),
  helpRun: (): Promise<typeof import("../help/run.ts")> => import("../help/run.ts" as string),
  manRun: (): Promise<typeof import("../man/run.ts")> => import("../man/run.ts" as string),
  configTopic: (): Promise<typeof import("../reference/topics/config.ts")> =>
    import("../reference/topics/config.ts" as string),
  environmentTopic: (): Promise<typeof import("../reference/topics/environment.ts")> =>
    import("../reference/topics/environment.ts" as string),
  eventsTopic: (): Promise<typeof import("../reference/topics/events.ts")> =>
    import("../reference/topics/events.ts" as string),
  exitCodesTopic: (): Promise<typeof import("../reference/topics/exit_codes.ts")> =>
    import("../reference/topics/exit_codes.ts" as string),
  proxiesTopic: (): Promise<typeof import("../reference/topics/proxies.ts")> =>
    import("../reference/topics/proxies.ts" as string),
  reportRun: (): Promise<typeof import("../report/run.ts")> => import("../report/run.ts" as string),
  reportError: (): Promise<typeof import("../output/render_error.ts")> =>
    import("../output/render_error.ts" as string),
  dryRun: (): Promise<typeof import("../respond/dry_run.ts")> => import("../respond/dry_run.ts" as string),
  inputFiles: (): Promise<typeof import("../respond/input_files.ts")> =>
    import("../respond/input_files.ts" as string),
  respondRun: (): Promise<typeof import("../respond/run.ts")> => import("../respond/run.ts" as string),
  schemaCheck: (): Promise<typeof import("../respond/schema_check.ts")> =>
    import("../respond/schema_check.ts" as string),
  accessTokenLogin: (): Promise<typeof import("../../auth/login/access_token_login.ts")> =>
    import("../../auth/login/access_token_login.ts" as string),
  agentIdentity: (): Promise<typeof import("../../auth/agent/agent_identity.ts")> =>
    import("../../auth/agent/agent_identity.ts" as string),
  agentLogin: (): Promise<typeof import("../../auth/agent/agent_login.ts")> =>
    import("../../auth/agent/agent_login.ts" as string),
  authFile: (): Promise<typeof import("../../auth/store/auth_file.ts")> =>
    import("../../auth/store/auth_file.ts" as string),
  browserLogin: (): Promise<typeof import("../../auth/login/browser_login.ts")> =>
    import("../../auth/login/browser_login.ts" as string),
  commandBearer: (): Promise<typeof import("../../auth/api_key/command_bearer.ts")> =>
    import("../../auth/api_key/command_bearer.ts" as string),
  configuredStore: (): Promise<typeof import("../../auth/store/configured_store.ts")> =>
    import("../../auth/store/configured_store.ts" as string),
  deviceLogin: (): Promise<typeof import("../../auth/login/device_login.ts")> =>
    import("../../auth/login/device_login.ts" as string),
  forbiddenLogin: (): Promise<typeof import("../../auth/policy/forbidden_login.ts")> =>
    import("../../auth/policy/forbidden_login.ts" as string),
  managedLogin: (): Promise<typeof import("../../auth/chatgpt/managed_login.ts")> =>
    import("../../auth/chatgpt/managed_login.ts" as string),
  openBrowser: (): Promise<typeof import("../../auth/login/open_browser.ts")> =>
    import("../../auth/login/open_browser.ts" as string),
  personalAccessToken: (): Promise<typeof import("../../auth/api_key/personal_access_token.ts")> =>
    import("../../auth/api_key/personal_access_token.ts" as string),
  saveLogin: (): Promise<typeof import("../../auth/login/save_login.ts")> =>
    import("../../auth/login/save_login.ts" as string),
  successPage: (): Promise<typeof import("../../auth/login/callback/success_page.ts")> =>
    import("../../auth/login/callback/success_page.ts" as string),
  loginFile: (): Promise<typeof import("../../mock/oauth/login_file.ts")> =>
    import("../../mock/oauth/login_file.ts" as string),
  network: (): Promise<typeof import("../../mock/network.ts")> => import("../../mock/network.ts" as string),
  connectWatch: (): Promise<typeof import("../../net/dialer/connect_watch.ts")> =>
    import("../../net/dialer/connect_watch.ts" as string),
  openWebSocket: (): Promise<typeof import("../../net/websocket/open_websocket.ts")> =>
    import("../../net/websocket/open_websocket.ts" as string),
  probe: (): Promise<typeof import("../../net/diagnosis/probe.ts")> =>
    import("../../net/diagnosis/probe.ts" as string),
  preconnect: (): Promise<typeof import("../../responses/transport/websocket/preconnect.ts")> =>
    import("../../responses/transport/websocket/preconnect.ts" as string),
  prewarm: (): Promise<typeof import("../../responses/turn/prewarm.ts")> =>
    import("../../responses/turn/prewarm.ts" as string),
  websocketCarrier: (): Promise<
    typeof import("../../responses/transport/websocket/websocket_transport.ts")
  > => import("../../responses/transport/websocket/websocket_transport.ts" as string),
  result: (): Promise<typeof import("../../responses/turn/result.ts")> =>
    import("../../responses/turn/result.ts" as string),
  bundleReader: (): Promise<typeof import("../../trust/bundle/bundle_reader.ts")> =>
    import("../../trust/bundle/bundle_reader.ts" as string),
  readSelected: (): Promise<typeof import("../../trust/bundle/read_selected.ts")> =>
    import("../../trust/bundle/read_selected.ts" as string),
};
