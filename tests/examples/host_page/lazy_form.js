// What the tap on a lazily loaded form brings: see lazy.js. The stage adds as much as such forms weigh.
export function open(root) {
  const panel = document.createElement("div");
  panel.setAttribute("role", "dialog");
  panel.innerHTML = `<style>[role=dialog] { position: fixed; right: 16px; bottom: 16px; width: 320px; padding: 16px; background: #fff; border: 1px solid }</style>
    <form><fieldset><legend>Report a bug</legend>
    <label>Name <input name="name"></label><label>E-mail <input name="email" type="email"></label>
    <label>Description <textarea name="message" rows="5"></textarea></label></fieldset>
    <button>Send</button><button type="button">Cancel</button></form>`;
  root.append(panel);
  panel.querySelector("input").focus();
}
