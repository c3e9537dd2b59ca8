// Signs a customer, so that a page may speak for them. Node 18 or newer, on your server alone: the secret is what
// `rapport site secret SITE identity` prints, run in the folder of the collector, whose database it reads (or with --config
// FILE or --database-url URL from anywhere).
//
//   RAPPORT_IDENTITY_SECRET=… node sign.mjs 4711
import { createHmac } from "node:crypto";

const { RAPPORT_IDENTITY_SECRET: secret } = process.env;
const customer = process.argv[2];
if (!secret || !customer) {
  console.error("usage: RAPPORT_IDENTITY_SECRET=… node sign.mjs CUSTOMER");
  process.exit(2);
}
// With a line feed in it one signature could vouch for something else: the collector believes none that has one.
if (/\p{Cc}/u.test(customer)) {
  console.error("the customer must have no control characters such as line feeds");
  process.exit(1);
}
console.log(createHmac("sha256", secret).update(customer, "utf8").digest("hex"));
