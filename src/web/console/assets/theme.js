// Light or dark: as the system says, unless the person chose. Runs before the first paint.

(() => {
  const root = document.documentElement;
  const key = "replytree.theme";

  function kept() {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function isDark() {
    const chosen = root.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme")) return;
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(key, root.dataset.theme);
    } catch {
      // Private windows may refuse; the choice then lasts as long as the page.
    }
  });
})();
