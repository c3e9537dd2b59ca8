// Confirms the answer that a link of a mail carried, as pressing the button would: a second after the page is seen, unless
// the visitor is quicker or thinks again. Programs that look into mails open links and look away; going back to the page,
// or loading it again, is no click either.
"use strict";
(() => {
  const form = document.querySelector("[data-confirm] form");
  const [navigation] = performance.getEntriesByType("navigation");
  if (!form || (navigation && navigation.type !== "navigate")) return;
  let timer;
  const begin = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible" && !document.prerendering) timer = setTimeout(() => form.requestSubmit(form.querySelector(".next")), 1000);
  };
  const stop = () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", begin);
  };
  document.addEventListener("visibilitychange", begin);
  document.addEventListener("prerenderingchange", begin);
  for (const event of ["pointerdown", "input", "submit"]) form.addEventListener(event, stop);
  addEventListener("pagehide", stop);
  begin();
})();
