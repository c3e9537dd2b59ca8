// The preview of a theme, or of a survey: the widget's own panel and launcher, without what measures and sends.
'use strict';

const { looks, assets, survey, language } = JSON.parse(document.getElementById('preview').textContent);
const host = document.body.appendChild(document.createElement('rapport-preview'));
const root = host.attachShadow({ mode: 'open' });
const sheet = new CSSStyleSheet();
root.adoptedStyleSheets = [sheet];
let panel;

const bring = (async () => {
  const module = WebAssembly.compileStreaming(fetch('/' + assets.survey_wasm));
  const survey_part = await import('/' + assets.survey_js);
  survey_part.default(await module);
  return survey_part;
})();

const launcher = root.appendChild(document.createElement('button'));
launcher.type = 'button';
launcher.className = 'launcher';
launcher.textContent = survey.title;
launcher.addEventListener('click', open);

async function open() {
  const part = await bring;
  close();
  launcher.hidden = true;
  const target = root.appendChild(document.createElement('div'));
  const handle = part.mount({
    survey,
    target,
    mode: 'popover',
    language,
    logo: looks.logo,
    logo_text: looks.logo_text,
    assets: {},
    load: (path) => import('/' + path),
    save: () => Promise.resolve('stored'),
    started: () => {},
    open: () => {},
    closed: close,
  });
  panel = { handle, target };
}

function close() {
  launcher.hidden = false;
  if (!panel) return;
  panel.handle.close();
  panel.target.remove();
  panel = undefined;
}

function wear() {
  sheet.replaceSync(looks.launcher_css + looks.panel_css);
}

addEventListener('message', (event) => {
  if (event.origin !== location.origin || event.source !== parent) return;
  const other = (looks.logo || '') !== (event.data.logo || '') || looks.logo_text !== event.data.logo_text;
  looks.logo = looks.logo_text = undefined;
  Object.assign(looks, event.data);
  wear();
  if (other && panel) open();
});
wear();
open();
