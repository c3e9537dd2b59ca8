// A form of the kind that is loaded when its button is pressed, as Sentry's feedback: a button, and on the tap one script with the
// form. It stands where ours does and is named as ours is, so that the probe measures both in one way.
{
  const host = document.createElement("rapport-widget");
  const root = host.attachShadow({ mode: "open" });
  root.innerHTML = `<style>.launcher { position: fixed; right: 16px; bottom: 16px; z-index: 9999; padding: 12px 20px }</style>
    <button class="launcher" type="button">Feedback</button>`;
  const button = root.querySelector("button");
  button.onclick = () => import("/lazy-form.js").then(({ open }) => open(root));
  addEventListener("load", () => document.body.append(host));
}
