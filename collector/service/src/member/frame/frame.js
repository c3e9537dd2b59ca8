// Small comforts; every page works without them.
'use strict';

// A definition closes on Escape, and opens again when it is pointed at or focused anew.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  document.querySelectorAll('.def:hover, .def:focus-within').forEach((def) => def.classList.add('dismissed'));
  const menu = event.target.closest('details.menu[open]');
  if (menu) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});
for (const name of ['pointerleave', 'focusout']) {
  document.querySelectorAll('.def').forEach((def) => {
    def.addEventListener(name, () => def.classList.remove('dismissed'));
  });
}

// A menu closes when something else is clicked.
document.addEventListener('click', (event) => {
  document.querySelectorAll('details.menu[open]').forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

// The tag is copied with one click; without script it is selected by hand.
document.querySelectorAll('button[data-copy]').forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy);
    const status = button.parentElement.querySelector('[role=status]');
    try {
      await navigator.clipboard.writeText(source.textContent);
      status.textContent = 'Copied.';
    } catch {
      status.textContent = 'Select the text and copy it.';
    }
  });
});

// A theme is tried while it is typed: the collector answers with its style sheets, the contrast of each pair and what is wrong.
document.querySelectorAll('form[data-theme-form]').forEach((form) => {
  const frame = form.querySelector('iframe');
  let shown = 'light';
  let planned;
  let asked = 0;
  form.addEventListener('submit', ({ submitter }) => {
    if (submitter && submitter.name === 'shown') shown = submitter.value;
  });
  const ask = async () => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set('shown', shown);
    const number = ++asked;
    const reply = await fetch(`${location.pathname}/looks`, { method: 'POST', body: fields });
    if (!reply.ok || number !== asked) return;
    const { looks, contrast, wrong } = await reply.json();
    form.querySelector('[data-contrast]').innerHTML = contrast;
    form.querySelectorAll('.wrong').forEach((line) => {
      const name = line.id.replace('wrong-', '');
      const field = form.elements[name];
      line.textContent = wrong[name] ? `It ${wrong[name]}.` : '';
      line.hidden = !wrong[name];
      if (wrong[name]) field.setAttribute('aria-invalid', 'true');
      else field.removeAttribute('aria-invalid');
    });
    frame.contentWindow.postMessage(looks, location.origin);
  };
  form.addEventListener('input', () => {
    clearTimeout(planned);
    planned = setTimeout(() => ask().catch(() => {}), 250);
  });
  // The browser's own way to pick a colour, beside its text.
  form.querySelectorAll('input[data-color]:not([readonly])').forEach((field) => {
    const picker = document.createElement('input');
    picker.type = 'color';
    picker.setAttribute('aria-label', `Pick: ${field.dataset.color}`);
    const follow = () => {
      picker.value = /^#[0-9a-f]{6}$/i.test(field.value.trim()) ? field.value.trim().toLowerCase() : '#ffffff';
    };
    follow();
    field.addEventListener('input', follow);
    picker.addEventListener('input', () => {
      field.value = picker.value;
    });
    field.closest('.field').after(picker);
  });
});

// The next and the previous ticket by j and k, as the links say that lead there. Off while something is typed, and where whoever
// does not want them switched them off.
const keysOff = () => localStorage.getItem('rapport-keys') === 'off';
document.querySelectorAll('button[data-keys]').forEach((button) => {
  const show = () => {
    button.textContent = keysOff() ? 'Keys j and k are off: switch on' : 'Keys j and k are on: switch off';
  };
  button.hidden = false;
  show();
  button.addEventListener('click', () => {
    localStorage.setItem('rapport-keys', keysOff() ? 'on' : 'off');
    show();
  });
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest('input, textarea, select, [contenteditable], details.menu[open]')) return;
  if (event.key !== 'j' && event.key !== 'k') return;
  const step = event.key === 'j' ? 1 : -1;
  if (!document.querySelector('[data-keys]') || keysOff()) return;
  const listed = [...document.querySelectorAll('a[data-step]')];
  const at = listed.indexOf(document.activeElement);
  if (listed.length) listed[Math.max(0, Math.min(listed.length - 1, at + step))].focus();
  else document.querySelector(`a[data-key="${event.key}"]`)?.click();
});

// The first view of a new site is waited for: the part of the page that says what was seen so far is asked for again.
const watched = () => document.querySelector('[data-watch]');
const look = async () => {
  if (!watched()) return;
  if (!document.hidden) {
    const reply = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => undefined);
    if (reply && reply.ok) {
      const text = await reply.text();
      const found = new DOMParser().parseFromString(text, 'text/html').getElementById(watched().id);
      if (found && found.innerHTML !== watched().innerHTML) watched().replaceWith(found);
    }
  }
  setTimeout(look, 3000);
};
if (watched()) setTimeout(look, 3000);

// A new site is where whoever adds it is, unless they say otherwise.
document.querySelectorAll('input[data-zone]').forEach((input) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (input.value === 'UTC' && zone) input.value = zone;
});

// Parts of a survey can be dragged to the place of another of their list. The buttons Up and Down are its twin: for keys, for
// single presses, and without script.
document.querySelectorAll('form[data-builder] .items > ol').forEach((list) => {
  const things = [...list.children];
  let dragged;
  if (things.length < 2) return;
  things.forEach((thing) => {
    const tools = thing.querySelector(':scope > .item-head > .item-tools');
    if (!tools) return;
    const handle = document.createElement('span');
    handle.className = 'drag';
    handle.draggable = true;
    handle.textContent = '⠿';
    handle.title = 'Drag';
    handle.setAttribute('aria-hidden', 'true');
    tools.prepend(handle);
    handle.addEventListener('dragstart', (event) => {
      dragged = thing;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', thing.id);
      event.dataTransfer.setDragImage(thing, 0, 0);
    });
    handle.addEventListener('dragend', () => {
      dragged = undefined;
      things.forEach((other) => other.classList.remove('over'));
    });
    thing.addEventListener('dragover', (event) => {
      if (!dragged) return;
      event.preventDefault();
      event.stopPropagation();
      things.forEach((other) => other.classList.toggle('over', other === thing && other !== dragged));
    });
    thing.addEventListener('drop', (event) => {
      if (!dragged || dragged === thing) return;
      event.preventDefault();
      event.stopPropagation();
      const act = document.createElement('input');
      act.type = 'hidden';
      act.name = 'do';
      act.value = `move ${dragged.id} ${thing.id}`;
      const form = thing.closest('form');
      form.append(act);
      form.requestSubmit();
    });
  });
});

// What was typed into a survey and not saved is not left behind unasked.
document.querySelectorAll('form[data-builder]').forEach((form) => {
  let typed = false;
  form.addEventListener('input', () => {
    typed = true;
  });
  form.addEventListener('submit', ({ submitter }) => {
    // Trying it saves nothing.
    if (!submitter || submitter.value !== 'try') typed = false;
  });
  window.addEventListener('beforeunload', (event) => {
    if (typed) event.preventDefault();
  });
});
