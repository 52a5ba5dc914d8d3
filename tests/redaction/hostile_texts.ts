/// <reference lib="deno.worker" />
/**
 * Redacts long texts that an expression with unbounded repetition takes quadratic time for. Runs in a worker, so
 * that the test can end it.
 *
 * @module
 */
import { createRedactor } from "../../lib/redaction/redactor.ts";

const LENGTH = 1_000_000;
const UNITS = [
  "a",
  "A",
  "0",
  "-",
  "_",
  "%",
  "%41",
  ".",
  "@",
  "a@",
  "a.",
  "a-",
  "a=",
  "a:",
  "a://",
  "http://",
  "http://a",
  "\\",
  '"',
  '\\"',
  '"a":',
  '"token":',
  '"token":"',
  '"token":[',
  '"token":{"',
  "token=",
  "&token=",
  "cookie: a=b;",
  "authorization: ",
  "Bearer ",
  "bearer a",
  "sk-",
  "at_",
  "eyJ",
  "eyJaaaaaa.",
  " ",
  "\n",
  "-----BEGIN PRIVATE KEY-----",
  "-u a:b ",
  "-uaa",
  "curl ",
  "curl -ua:b ",
  'curl\n-u"',
  "x-key: a",
  "\\u0061",
  "\\u0022",
  "\\\\\\u0022a:",
  '["token","',
  '"name":"token","value":"',
  "xoxb-",
  "</",
  "<token>",
  "<token ",
  "%3Ftoken",
  "%3Ftoken%3D",
  "%25",
  "--token ",
  '--token","',
  'form-data; name="token"\n\n',
  'form-data; name="token"\na:b\n',
  "\n\n",
  "AKIA",
];

const redact = createRedactor(["hunter22", "aaaaaaaaaaaaaaaaaaaaaaaaaaab"]);
let count = 0;
for (const unit of UNITS) {
  redact(unit.repeat(Math.ceil(LENGTH / unit.length)));
  count++;
}
self.postMessage(count);
