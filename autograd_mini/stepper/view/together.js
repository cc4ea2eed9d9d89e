(() => {
  // Steppers side by side: a step of one is a step of all.
  for (const whole of document.querySelectorAll('[data-key="KEY"]:not([data-live])')) {
    whole.dataset.live = "";
    const roots = [...whole.querySelectorAll(".autograd-stepper")];
    let isFollowing = false;
    whole.addEventListener("frame", ({ target, detail }) => {
      if (isFollowing) return;
      isFollowing = true;
      for (const root of roots) if (root !== target) root.stepper.show(detail);
      isFollowing = false;
    }, true);
  }
})();
