/**
 * Every check, in the order in which a connection is made.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { bundleCheck } from "./trust/bundle.ts";
import { caVariablesCheck } from "./trust/ca_variables.ts";
import { clockCheck } from "./trust/clock.ts";
import { configCheck } from "./configuration/config.ts";
import { dnsCheck, tcpCheck } from "./network/connection.ts";
import { credentialsCheck } from "./configuration/credentials.ts";
import { httpCheck } from "./server/http.ts";
import { modelsCheck } from "./server/models.ts";
import { proxyCheck } from "./network/proxy.ts";
import { proxyVariablesCheck } from "./configuration/proxy_variables.ts";
import { responsesCheck } from "./server/responses.ts";
import { routeCheck } from "./network/route.ts";
import { sseCheck } from "./server/sse.ts";
import { tlsCheck } from "./network/tls.ts";
import { unknownVariablesCheck } from "./configuration/unknown_variables.ts";
import { websocketCheck } from "./server/websocket.ts";

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
