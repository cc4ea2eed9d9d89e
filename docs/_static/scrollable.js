// what is wider than the page can be scrolled by the keyboard
addEventListener("load", () => {
  for (const wide of document.querySelectorAll("pre, math[display=block], .cell_output, .table-wrapper"))
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
});
