// Light or dark: what the system prefers, until somebody chooses.

const KEY = "gantry-theme";
const root = document.documentElement;

/** Wear what was chosen on an earlier visit. */
export function wearTheme() {
  const chosen = localStorage.getItem(KEY);
  if (chosen) root.dataset.theme = chosen;
}

/** Change from light to dark or back, and remember. */
export function toggleTheme() {
  const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, next);
  root.dataset.theme = next;
}
