// The same for whoever imports: the function is in one place.
import widget from "./index.js";

export const { install } = widget;
