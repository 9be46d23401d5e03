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

// Search within files: the browser lets no page read another one.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  document.addEventListener("DOMContentLoaded", () => {
    const results = document.getElementById("search-results");
    if (!results) return;
    const note = document.createElement("p");
    note.className = "search-from-file";
    note.textContent =
      "These pages were opened from a folder. The search finds pages and sections, but " +
      "it cannot show the lines around a word: for that, run make serve and open the " +
      "address it prints.";
    results.before(note);
  });
}

// A keyboard keeps its place: the theme takes the focus from these when they are used.
document
  .querySelectorAll(
    ".theme-switch-button, .search-button, .primary-toggle, .secondary-toggle",
  )
  .forEach((button) => (button.blur = () => {}));

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

// What scrolls sideways must do so by keyboard too. The theme sees to code.
(() => {
  const wide = ".bd-article :is(mjx-container, .ce-long, .text_html)";
  const mark = () => {
    const boxes = [...document.querySelectorAll(wide)];
    // What stands within a line and is no box has no width of its own.
    const scrolls = boxes.map(
      (box) => box.clientWidth > 0 && box.scrollWidth > box.clientWidth,
    );
    boxes.forEach((box, j) => {
      if (scrolls[j]) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  };
  let timer = 0;
  window.addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(mark, 300);
  });
  window.addEventListener("load", mark);
})();
