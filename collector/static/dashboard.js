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

// The contrast of a theme is told while it is typed; the collector checks it again when it is saved.
document.querySelectorAll('form[data-theme-form]').forEach((form) => {
  const automatic = { background: '#ffffff', text: '#1c1b19', dark_background: '#1e2124', dark_text: '#ececea' };
  const luminance = (color) => {
    const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
    if (!parts) return null;
    const [red, green, blue] = parts.slice(1).map((part) => {
      const share = parseInt(part, 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  form.addEventListener('input', () => {
    form.querySelectorAll('[data-pair]').forEach((row) => {
      const [front, behind] = row.dataset.pair.split(' ')
        .map((name) => luminance(form.elements[name].value.trim() || automatic[name] || ''));
      const tag = row.querySelector('.tag');
      if (front === null || behind === null) {
        tag.textContent = '–';
        return;
      }
      const contrast = (Math.max(front, behind) + 0.05) / (Math.min(front, behind) + 0.05);
      tag.textContent = (Math.floor(contrast * 100) / 100).toFixed(2);
      tag.className = contrast >= Number(row.dataset.least) ? 'tag good' : 'tag bad';
    });
  });
});
