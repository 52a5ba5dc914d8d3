import { readClaims } from "../../lib/auth/jwt_claims.ts";
import { planName } from "../../lib/auth/policy/plan.ts";
import { assertEquals } from "../support/assert.ts";
import { jwt } from "./kit.ts";

const PLANS: readonly (readonly [raw: string, name: string])[] = [
  ["free", "Free"],
  ["go", "Go"],
  ["plus", "Plus"],
  ["pro", "Pro"],
  ["prolite", "Pro Lite"],
  ["team", "Team"],
  ["self_serve_business_prolite", "Self Serve Business ProLite"],
  ["self_serve_business_usage_based", "Self Serve Business Usage Based"],
  ["business", "Business"],
  ["ent26", "Enterprise"],
  ["enterprise_cbp_automation", "Enterprise (Automation)"],
  ["enterprise_cbp_usage_based", "Enterprise CBP Usage Based"],
  ["enterprise", "Enterprise"],
  ["hc", "Enterprise"],
  ["edu", "Edu"],
  ["education", "Edu"],
  ["orbital", "orbital"],
  ["Team", "Team"],
  ["constructor", "constructor"],
];

const AUTH = "https://api.openai.com/auth";

Deno.test("claims of an id token: email, plan, user, account, FedRAMP", () => {
  const token = jwt({
    email: "ada@corp.example",
    [AUTH]: {
      chatgpt_plan_type: "ent26",
      chatgpt_user_id: "user-1",
      chatgpt_account_id: "acc-1",
      chatgpt_account_is_fedramp: true,
    },
  });
  assertEquals(readClaims(token), {
    email: "ada@corp.example",
    planType: "ent26",
    userId: "user-1",
    accountId: "acc-1",
    isFedramp: true,
  });
});

Deno.test("the email of the profile and the older user id are used where the first are missing", () => {
  const token = jwt({
    "https://api.openai.com/profile": { email: "b@corp.example" },
    [AUTH]: { user_id: "u-2" },
  });
  assertEquals(readClaims(token), { email: "b@corp.example", userId: "u-2", isFedramp: false });
});

Deno.test("a token without claims is empty, one with exp has its time in ms", () => {
  assertEquals(readClaims(jwt({})), { isFedramp: false });
  assertEquals(readClaims(jwt({ exp: 1_800_000_000 }))?.expiresAt, 1_800_000_000_000);
});

Deno.test("further parts are tolerated; too few, empty or unreadable parts are no token", () => {
  assertEquals(readClaims(`${jwt({ exp: 1 })}.more`)?.expiresAt, 1000);
  for (const text of ["", "a", "a.b", "..", "a..c", "a.%%%.c", `a.${btoa("[]")}.c`, `a.${btoa("no")}.c`]) {
    assertEquals(readClaims(text), undefined, text);
  }
});

Deno.test("a claim of another type makes the whole token unreadable", () => {
  assertEquals(readClaims(jwt({ [AUTH]: { chatgpt_plan_type: 7 } })), undefined);
  assertEquals(readClaims(jwt({ exp: "soon" })), undefined);
});

Deno.test("plans have names and aliases; an unknown one is shown as it is", () => {
  for (const [raw, name] of PLANS) assertEquals([raw, planName(raw)], [raw, name]);
});
