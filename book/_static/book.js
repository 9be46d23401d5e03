// What the theme leaves undone on every page. Classic script: it runs from file:// too.
document.addEventListener("DOMContentLoaded", () => {
  // A notebook and a chapter's source are files to keep, not pages to look at.
  document
    .querySelectorAll(".btn-download-notebook-button, .btn-download-source-button")
    .forEach((link) => {
      link.setAttribute("download", "");
      link.removeAttribute("target");
    });
});

// Paper is white and cannot be clicked: print the light theme, solutions open.
(() => {
  const root = document.documentElement;
  let theme = null;
  let opened = [];
  window.addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    opened = [...document.querySelectorAll("details.solution:not([open])")];
    opened.forEach((solution) => (solution.open = true));
  });
  window.addEventListener("afterprint", () => {
    root.dataset.theme = theme;
    opened.forEach((solution) => (solution.open = false));
  });
})();
