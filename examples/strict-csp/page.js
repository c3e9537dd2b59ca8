// Calls that a page makes before the script tag has brought the widget, and what the policy had to complain about.
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
document.getElementById("renew").addEventListener("click", () => rapport("track", "renewed"));
