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
