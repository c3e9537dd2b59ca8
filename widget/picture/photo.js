// photo.js: lets the visitor choose a photo, and reads it.

/** @param {Node} root */
export async function choosePhoto(root) {
  // Browsers open the chooser only right after a click; it may have waited for this part to come.
  const { userActivation } = navigator;
  if (userActivation && !userActivation.isActive) throw new Error("the click is too long ago");
  const file = await new Promise((resolve) => {
    const field = document.createElement("input");
    field.type = "file";
    field.accept = "image/*";
    field.hidden = true;
    const settle = () => {
      field.remove();
      resolve(field.files?.[0]);
    };
    field.onchange = settle;
    field.oncancel = settle;
    root.appendChild(field);
    field.click();
  });
  if (!file) return null;
  const image = await createImageBitmap(file);
  return { image, width: image.width, height: image.height };
}
