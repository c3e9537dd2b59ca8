// The same types for whoever imports.
export * from "./index.js";
