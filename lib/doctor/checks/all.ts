/**
 * Every check, in the order in which a connection is made.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { bundleCheck } from "./bundle.ts";
import { caVariablesCheck } from "./ca_variables.ts";
import { clockCheck } from "./clock.ts";
import { configCheck } from "./config.ts";
import { dnsCheck, tcpCheck } from "./connection.ts";
import { credentialsCheck } from "./credentials.ts";
import { httpCheck } from "./http.ts";
import { modelsCheck } from "./models.ts";
import { proxyCheck } from "./proxy.ts";
import { proxyVariablesCheck } from "./proxy_variables.ts";
import { responsesCheck } from "./responses.ts";
import { routeCheck } from "./route.ts";
import { sseCheck } from "./sse.ts";
import { tlsCheck } from "./tls.ts";
import { unknownVariablesCheck } from "./unknown_variables.ts";
import { websocketCheck } from "./websocket.ts";

/** The checks. The first failure decides the exit status, so a cause stands before its effects. */
export const CHECKS: readonly Check<DoctorContext>[] = [
  proxyVariablesCheck,
  caVariablesCheck,
  unknownVariablesCheck,
  configCheck,
  bundleCheck,
  clockCheck,
  credentialsCheck,
  routeCheck,
  dnsCheck,
  tcpCheck,
  proxyCheck,
  tlsCheck,
  httpCheck,
  modelsCheck,
  responsesCheck,
  sseCheck,
  websocketCheck,
];
