// Shows a heat map over the live page: opens it, and hands its widget a code by a message to exactly its origin, until it answers.
'use strict';

const AGAIN_MS = 500;
// A page that cuts its tie to the window that opened it looks as if it were closed.
const PATIENCE_MS = 3000;

document.querySelectorAll('form[data-heatmap]').forEach((form) => {
  const status = form.querySelector('[role=status]');
  const say = (words) => {
    status.textContent = words;
  };
  let stop = () => {};
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    stop();
    const { origin } = new URL(form.elements.origin.value);
    const page = form.elements.page.value;
    const opened = window.open(origin + page, '_blank');
    if (!opened) return say('The browser let no window open. Allow it for this page, and press again.');
    say('The page opens…');
    const fields = new URLSearchParams({ fields: form.elements.fields.value });
    const reply = await fetch(form.action, { method: 'POST', body: fields, headers: { accept: 'application/json' } }).catch(() => undefined);
    if (!reply?.ok) return say('No code could be made. Load this page again, and try once more.');
    const { code, lasts_ms } = await reply.json();
    const began = Date.now();
    const by_hand = `rapport("heatmap", "${code}")`;
    const heard = ({ data, origin: from, source }) => {
      if (source !== opened || from !== origin || !data?.heatmap) return;
      if (data.heatmap === 'shown') stop('The map is shown over the page.');
      else if (data.heatmap === 'refused') stop(`The page could not show it: ${data.reason}`);
      else if (data.heatmap === 'elsewhere') say(`The page that opened is ${data.page}. The map appears once that window is at ${page}.`);
    };
    const ask = () => {
      const waited_ms = Date.now() - began;
      if (waited_ms > lasts_ms) return stop('Nothing on that page answered: is the tag in it? The code is over; the table below needs none.');
      if (opened.closed && waited_ms > PATIENCE_MS)
        return stop(
          `That window was closed, or its page keeps others from reaching it (Cross-Origin-Opener-Policy). There, type this into the console within 5 minutes: ${by_hand} – or use the table below.`,
        );
      opened.postMessage({ heatmap: code, page }, origin);
    };
    const timer = setInterval(ask, AGAIN_MS);
    addEventListener('message', heard);
    stop = (words) => {
      clearInterval(timer);
      removeEventListener('message', heard);
      if (words) say(words);
    };
  });
});
