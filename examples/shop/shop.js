// Fernhill Pottery: cart, filter and checkout. Some of it is broken on purpose, as shops are: see ../README.md.
'use strict';

const store = 'fernhill-cart';
const find = (selector) => document.querySelector(selector);
const euro = (amount) => '€ ' + (Number.isInteger(amount) ? amount : amount.toFixed(2));

function readCart() {
  try {
    return JSON.parse(localStorage.getItem(store)) || [];
  } catch {
    return [];
  }
}

function writeCart(lines) {
  localStorage.setItem(store, JSON.stringify(lines));
  showCount();
}

function showCount() {
  const pieces = readCart().reduce((sum, line) => sum + line.number, 0);
  find('[data-cart-count]').textContent = pieces ? '(' + pieces + ')' : '';
}

function product() {
  const add = find('[data-add]');
  if (!add) return;
  add.addEventListener('click', () => {
    const lines = readCart();
    const known = lines.find((line) => line.id === add.dataset.add);
    if (known) known.number += 1;
    else lines.push({ id: add.dataset.add, name: add.dataset.name, price: Number(add.dataset.price), number: 1 });
    writeCart(lines);
    find('#added').textContent = add.dataset.name + ' is in your cart.';
  });
  // "Add to wishlist" was drawn before anybody wrote it: a dead button.

  // The tall picture is fetched late and its box is not reserved, so the page jumps.
  const late = find('[data-late-src]');
  if (late) setTimeout(() => { late.src = late.dataset.lateSrc; }, 1200);
}

function tableware() {
  const list = find('#pieces');
  if (!list) return;
  const pieces = [...list.children];
  // Written for six pieces and a fast machine; on the main thread, for a third of a second.
  const rank = (key) => {
    const until = performance.now() + 350;
    let rounds = 0;
    while (performance.now() < until) rounds += pieces.length;
    return [...pieces].sort((one, other) => key(one) - key(other) || rounds * 0);
  };
  for (const chip of document.querySelectorAll('[data-filter]')) {
    chip.addEventListener('click', () => {
      for (const other of document.querySelectorAll('[data-filter]')) other.setAttribute('aria-pressed', String(other === chip));
      const wanted = chip.dataset.filter;
      for (const piece of pieces) piece.hidden = wanted !== '' && piece.dataset.category !== wanted;
      const shown = pieces.filter((piece) => !piece.hidden).length;
      find('#shown').textContent = shown === 1 ? '1 piece' : shown + ' pieces';
    });
  }
  find('#sort').addEventListener('click', () => list.append(...rank((piece) => Number(piece.dataset.price))));
}

const discounts = { KILN10: { percent: 10 } };

function cart() {
  const body = find('#lines');
  if (!body) return;
  const draw = () => {
    const lines = readCart();
    find('#empty').hidden = lines.length > 0;
    find('#filled').hidden = lines.length === 0;
    body.replaceChildren(...lines.map((line) => {
      const row = document.createElement('tr');
      const cells = [line.name, String(line.number), euro(line.price * line.number)].map((text, place) => {
        const cell = document.createElement('td');
        cell.textContent = text;
        if (place === 2) cell.className = 'money';
        return cell;
      });
      const remove = document.createElement('button');
      remove.type = 'button';
      remove.className = 'linkish';
      remove.textContent = 'Remove';
      remove.setAttribute('aria-label', 'Remove ' + line.name);
      remove.addEventListener('click', () => {
        writeCart(readCart().filter((other) => other.id !== line.id));
        draw();
      });
      const last = document.createElement('td');
      last.append(remove);
      row.append(...cells, last);
      return row;
    }));
    find('#total').textContent = euro(lines.reduce((sum, line) => sum + line.price * line.number, 0));
  };
  draw();
  find('#discount').addEventListener('submit', (event) => {
    event.preventDefault();
    // Nobody tried a code that does not exist: this throws, and the visitor sees nothing.
    const percent = discounts[find('#code').value.trim().toUpperCase()].percent;
    const sum = readCart().reduce((total, line) => total + line.price * line.number, 0);
    find('#total').textContent = euro(sum * (1 - percent / 100));
    find('#discounted').textContent = percent + ' % off.';
  });
}

function checkout() {
  const form = find('#checkout');
  if (!form) return;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    writeCart([]);
    location.assign('thanks/');
  });
}

showCount();
product();
tableware();
cart();
checkout();
