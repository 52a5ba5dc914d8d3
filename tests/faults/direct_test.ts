import { testPath } from "./path_cases.ts";

testPath("direct");
