// Makes the mail of index.html personal: who clicks in it is known, and another click changes their answer. Run it where
// your mails are made; the secret stays there. It is what `rapport site secret SITE recipient` prints, run in the folder of the
// collector, whose database it reads (or with --config FILE or --database-url URL from anywhere).
//
//   node mail.mjs https://feedback.example.com site_key SECRET C-17 2026-12-31 > mail.html
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const [base, site, secret, recipient, until] = process.argv.slice(2);
if (!until) {
  console.error("usage: node mail.mjs BASE SITE SECRET RECIPIENT UNTIL (the last day, as 2026-12-31)");
  process.exit(2);
}

const survey = "order";
const signature = createHmac("sha256", secret).update(`${survey}\n${recipient}\n${until}`).digest("hex");
const signed = new URLSearchParams({ recipient, until, signature }).toString().replaceAll("&", "&amp;");
const mail = readFileSync(new URL("./index.html", import.meta.url), "utf8");
process.stdout.write(
  mail
    .replaceAll("{{rapport}}", base)
    .replaceAll("{{site}}", site)
    .replaceAll("&amp;order=17", `&amp;order=17&amp;${signed}`),
);
