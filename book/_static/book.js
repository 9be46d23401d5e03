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
